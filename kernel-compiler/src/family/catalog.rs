//! The families that ship with the compiler.

/// A family: what its macro's calls look like, and what they instantiate.
#[derive(Debug)]
pub struct Family {
    /// The macro's name.
    pub name: &'static str,
    /// Keys beside `tiles` and `crate`, in the order in which cases are made of them.
    pub keys: &'static [Key],
    /// The first template whose conditions hold is taken.
    pub templates: &'static [Template],
}

/// A key of a call.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub role: Role,
    /// The value of a call without this key; `None` where it must be given.
    pub default: Option<&'static str>,
}

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Element types of the template's type parameter of this name.
    Element(&'static str),
    /// Values of the template's const parameter of this name.
    Value(&'static str),
    /// One of these words: it chooses the template, and guards see it.
    Option(&'static [&'static str]),
}

/// A kernel of a template file.
#[derive(Debug)]
pub struct Template {
    /// The file's name, for messages.
    pub file: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The kernel in it.
    pub kernel: &'static str,
    /// Options of the call for which it is there: key and value.
    pub options: &'static [(&'static str, &'static str)],
    /// The fields of a tile.
    pub fields: &'static [Field],
}

/// A field of a tile: a const parameter of the template.
#[derive(Debug)]
pub struct Field {
    /// Its name in a tile.
    pub name: &'static str,
    /// The template's const parameter.
    pub generic: &'static str,
    /// Smallest and largest value.
    pub range: (u32, u32),
    /// Values are multiples of this.
    pub step: u32,
    /// The value of a tile without this field; `None` where it must be given.
    pub default: Option<u32>,
    /// The field to shrink where a tile needs more memory than there is.
    pub shrinks: bool,
}

impl Field {
    pub(super) const fn new(
        name: &'static str,
        generic: &'static str,
        range: (u32, u32),
        step: u32,
        default: Option<u32>,
    ) -> Field {
        Field { name, generic, range, step, default, shrinks: false }
    }

    pub(super) const fn shrinks(self) -> Field {
        Field { shrinks: true, ..self }
    }
}

/// Attention over a paged cache: Dao et al. 2022.
pub static FLASH_ATTENTION: Family = Family {
    name: "flash_attention",
    keys: &[
        Key { name: "phase", role: Role::Option(&["prefill", "decode"]), default: Some("prefill") },
        Key { name: "head_dim", role: Role::Value("HEAD_DIM"), default: None },
        Key { name: "element", role: Role::Element("K"), default: None },
        Key { name: "mask", role: Role::Option(&["causal"]), default: Some("causal") },
        Key { name: "kv", role: Role::Option(&["paged(64)"]), default: Some("paged(64)") },
    ],
    templates: &[
        Template {
            file: "templates/flash_attention/portable.rs",
            text: PORTABLE,
            kernel: "attention_decode",
            options: &[("phase", "decode")],
            fields: &[
                Field::new("heads", "HEADS", (1, 16), 1, Some(4)).shrinks(),
                Field::new("threads", "THREADS", (32, 1024), 32, Some(128)),
            ],
        },
        Template {
            file: "templates/flash_attention/portable.rs",
            text: PORTABLE,
            kernel: "attention_prefill",
            options: &[("phase", "prefill")],
            fields: &[
                Field::new("query", "QUERY", (8, 256), 8, None),
                Field::new("key", "KEY", (8, 64), 8, None).shrinks(),
                Field::new("threads", "THREADS", (32, 1024), 32, Some(128)),
            ],
        },
    ],
};

const PORTABLE: &str = include_str!("../../templates/flash_attention/portable.rs");
