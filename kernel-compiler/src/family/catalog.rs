//! The families that ship with the compiler.

use crate::target::Target;

/// A family: what its macro's calls look like, and what they instantiate.
#[derive(Debug)]
pub struct Family {
    /// The macro's name.
    pub name: &'static str,
    /// Keys beside `tiles` and `crate`, in the order in which cases are made of them.
    pub keys: &'static [Key],
    /// The first template that is there for a case's options and target is taken. Those that one call
    /// takes have the same parameters, as the launcher sees them.
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
    /// One of two words, "no" and "yes" of the template's const parameter of this name, where it has one.
    Flag(&'static str, [&'static str; 2]),
}

/// A kernel of a template file.
#[derive(Debug)]
pub struct Template {
    /// Its files, the kernel's own first.
    pub files: &'static [File],
    /// The kernel, and its reference.
    pub kernel: &'static str,
    /// The instruction level that it is for (90: `sm_90a`); `None`: every target.
    pub level: Option<u32>,
    /// Options of the call for which it is there: key and value.
    pub options: &'static [(&'static str, &'static str)],
    /// The fields of a tile.
    pub fields: &'static [Field],
}

impl Template {
    /// Whether it is there for a target.
    pub fn fits(&self, target: Target) -> bool {
        match (self.level, target) {
            (None, _) => true,
            (Some(level), Target::Ptx(ptx)) => ptx.exact && ptx.sm == level,
            (Some(_), Target::Wgsl(_)) => false,
        }
    }
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

/// A file of templates: its name, for messages, and its text.
pub type File = (&'static str, &'static str);

macro_rules! template {
    ($name:literal) => {
        (
            concat!("templates/flash_attention/", $name, ".rs"),
            include_str!(concat!("../../templates/flash_attention/", $name, ".rs")),
        )
    };
}

/// Attention over a paged cache, and of dense tensors: Dao et al. 2022.
pub static FLASH_ATTENTION: Family = Family {
    name: "flash_attention",
    keys: &[
        Key { name: "phase", role: Role::Option(&["prefill", "decode"]), default: Some("prefill") },
        Key { name: "head_dim", role: Role::Value("HEAD_DIM"), default: None },
        Key { name: "element", role: Role::Element("K"), default: None },
        Key {
            name: "mask",
            role: Role::Flag("CAUSAL", ["full", "causal"]),
            default: Some("causal"),
        },
        Key { name: "kv", role: Role::Option(&["paged(64)", "dense"]), default: Some("paged(64)") },
    ],
    templates: &[
        Template {
            files: &[PORTABLE],
            kernel: "attention_decode",
            level: None,
            options: &[("phase", "decode"), ("kv", "paged(64)"), ("mask", "causal")],
            fields: &[
                Field::new("heads", "HEADS", (1, 16), 1, Some(4)).shrinks(),
                Field::new("threads", "THREADS", (32, 1024), 32, Some(128)),
            ],
        },
        Template {
            files: &[template!("hopper_wide"), HOPPER[0], HOPPER[1], HOPPER[2]],
            kernel: "attention_dense",
            level: Some(90),
            options: &[("phase", "prefill"), ("kv", "dense"), ("head_dim", "256")],
            fields: DENSE,
        },
        Template {
            files: &[template!("hopper_dense"), HOPPER[0], HOPPER[1], HOPPER[2]],
            kernel: "attention_dense",
            level: Some(90),
            options: &[("phase", "prefill"), ("kv", "dense")],
            fields: DENSE,
        },
        Template {
            files: &[template!("hopper_paged"), HOPPER[2]],
            kernel: "attention_prefill",
            level: Some(90),
            options: &[("phase", "prefill"), ("kv", "paged(64)"), ("mask", "causal")],
            fields: &[
                Field::new("query", "QUERY", (128, 128), 128, Some(128)),
                Field::new("key", "KEY", (64, 128), 64, Some(128)).shrinks(),
                Field::new("stages", "STAGES", (2, 4), 1, Some(2)),
            ],
        },
        Template {
            files: &[PORTABLE],
            kernel: "attention_prefill",
            level: None,
            options: &[("phase", "prefill"), ("kv", "paged(64)"), ("mask", "causal")],
            fields: &[
                Field::new("query", "QUERY", (8, 256), 8, None),
                Field::new("key", "KEY", (8, 64), 8, None).shrinks(),
                Field::new("threads", "THREADS", (32, 1024), 32, Some(128)),
            ],
        },
    ],
};

/// Tiles of dense tensors on Hopper.
const DENSE: &[Field] = &[
    Field::new("query", "QUERY", (128, 192), 64, None),
    Field::new("key", "KEY", (16, 256), 16, None).shrinks(),
    Field::new("stages", "STAGES", (1, 8), 1, Some(2)),
    Field::new("query_stages", "Q_STAGES", (1, 4), 1, Some(2)),
    Field::new("ping_pong", "PING_PONG", (0, 1), 1, Some(1)),
    Field::new("ahead", "AHEAD", (0, 1), 1, Some(0)),
    Field::new("least", "LEAST", (0, 1 << 24), 1, Some(0)),
];

const PORTABLE: File = template!("portable");

/// What Hopper's dense kernels share; the last is also the paged one's.
const HOPPER: [File; 3] =
    [template!("hopper"), template!("hopper_consumer"), template!("hopper_parts")];
