//! From a call to the cases that it asks for: the product of its axes, with a tile per target.

use super::call::{Arm, Entry, Instantiation, Tile};
use super::catalog::{Family, Field, Key, Role, Template};
use super::formats::{self, Chosen};
use super::guard::{self, Labels};
use crate::ast::{Expr, ExprKind, Ident, Literal, Type};
use crate::diag::catalog::attribute::{
    BAD_FAMILY_CALL, DUPLICATE_KEY, GUARD, NOT_COVERED, TILE_FIELD,
};
use crate::diag::suggest::did_you_mean;
use crate::instance::CaseValues;
use crate::ir::Span;
use crate::lower::{Argument, Ty, element_type};
use crate::parse::Parser;
use crate::target::Target;
use syn::spanned::Spanned;

/// What a call asks for.
pub(super) struct Plan {
    /// Element types by type parameter, as a kernel's attribute has them.
    pub elements: Vec<(Ident, Vec<Type>)>,
    /// Values by const parameter.
    pub values: Vec<(Ident, Vec<Expr>)>,
    /// Richest target first within each combination of the axes.
    pub cases: Vec<CaseValues>,
    /// The tile of each case, by index into `tiles`.
    pub tile_of: Vec<usize>,
    pub tiles: Vec<WrittenTile>,
    /// The formats, where the family has them.
    pub formats: Vec<Chosen>,
}

impl Plan {
    /// The templates that the cases use, each with the places of its cases.
    pub(super) fn by_template(&self) -> Vec<(&'static Template, Vec<usize>)> {
        let mut all: Vec<(&'static Template, Vec<usize>)> = Vec::new();
        for (case, tile) in self.tile_of.iter().enumerate() {
            let template = self.tiles[*tile].template;
            match all.iter_mut().find(|(other, _)| std::ptr::eq(*other, template)) {
                Some((_, cases)) => cases.push(case),
                None => all.push((template, vec![case])),
            }
        }
        all
    }
}

/// A tile of the call.
pub(super) struct WrittenTile {
    pub span: Span,
    pub template: &'static Template,
    /// In the order of the template's fields; the place of a default is the tile.
    pub fields: Vec<(&'static Field, u32, Span)>,
}

/// One combination of the axes.
#[derive(Clone, Default)]
struct Combination {
    labels: Labels,
    generics: Vec<(String, Argument)>,
}

/// Everything that follows from the call; what is wrong with it is in the parser's report.
pub(super) fn plan(
    family: &'static Family,
    call: &Instantiation,
    formats: &[formats::Forwarded],
    parser: &mut Parser<'_>,
) -> Option<Plan> {
    let name = parser.span(call.name.span());
    let (elements, values, chosen) = (Vec::new(), Vec::new(), Vec::new());
    let mut planner =
        Planner { family, parser, name, elements, values, forwarded: formats, formats: chosen };
    planner.check_keys(call);
    let combinations = planner.combinations(call);
    let first = combinations.first()?;
    let (mut tiles, mut arms) = (Vec::new(), Vec::new());
    for arm in &call.arms {
        let template = planner.template(first, arm)?;
        let start = tiles.len();
        for tile in &arm.tiles {
            tiles.push(planner.tile(template, tile));
        }
        arms.push((arm, start..tiles.len()));
    }
    let mut targets: Vec<Target> = Vec::new();
    for (arm, _) in &arms {
        if !targets.contains(&arm.target) {
            targets.push(arm.target);
        }
    }
    // A stable sort: of equals, the one that was written first.
    targets.sort_by_key(|target| std::cmp::Reverse(target.richness()));
    if targets.is_empty() {
        let help = "write `tiles: { sm_80 => { .. }, wgsl => { .. } }`";
        planner.parser.report(&BAD_FAMILY_CALL, name, "the call has no tiles", help);
    }
    let (mut cases, mut tile_of) = (Vec::new(), Vec::new());
    for combination in &combinations {
        for (target, arm) in planner.choose(combination, &targets, &arms) {
            let Some((_, range)) = arms.get(arm) else { continue };
            for at in range.clone() {
                cases.push(case(combination, target, &tiles[at]));
                tile_of.push(at);
            }
        }
    }
    let Planner { elements, values, formats, .. } = planner;
    Some(Plan { elements, values, cases, tile_of, tiles, formats })
}

fn case(combination: &Combination, target: Target, tile: &WrittenTile) -> CaseValues {
    let mut generics = combination.generics.clone();
    for (field, value, _) in &tile.fields {
        generics.push((field.generic.to_owned(), Argument::Const(i128::from(*value))));
    }
    CaseValues { generics, tile: Some(tile.span), target: Some(target) }
}

struct Planner<'p, 'm> {
    family: &'static Family,
    parser: &'p mut Parser<'m>,
    /// The instance's name, for what is missing.
    name: Span,
    elements: Vec<(Ident, Vec<Type>)>,
    values: Vec<(Ident, Vec<Expr>)>,
    /// The declarations of the caller's formats.
    forwarded: &'p [formats::Forwarded],
    formats: Vec<Chosen>,
}

/// A value of a key: as it is written, and what it says of a generic.
type Choice = (String, Option<(String, Argument)>);

impl Planner<'_, '_> {
    fn check_keys(&mut self, call: &Instantiation) {
        let known = || self.family.keys.iter().map(|k| k.name).chain(["tiles", "crate"]);
        for (at, entry) in call.entries.iter().enumerate() {
            let key = entry.key.to_string();
            let message = format!("{} has no key `{key}`", self.family.name);
            if !known().any(|k| k == key) {
                let all = format!("keys are {}", known().collect::<Vec<_>>().join(", "));
                let help = did_you_mean(&key, known(), &all);
                let span = self.parser.span(entry.key.span());
                self.parser.report(&BAD_FAMILY_CALL, span, message, help);
            } else if call.entries[..at].iter().any(|other| other.key == entry.key) {
                let span = self.parser.span(entry.key.span());
                let message = format!("`{key}` is given twice");
                self.parser.report(&DUPLICATE_KEY, span, message, "keep one of them");
            }
        }
    }

    /// The product of all keys' values, the last key varying fastest.
    fn combinations(&mut self, call: &Instantiation) -> Vec<Combination> {
        let mut all = vec![Combination::default()];
        for key in self.family.keys {
            let options = self.choices(key, call);
            let mut product = Vec::with_capacity(all.len() * options.len());
            for combination in &all {
                for (label, generic) in &options {
                    let mut next = combination.clone();
                    next.labels.insert(key.name, label.clone());
                    next.generics.extend(generic.clone());
                    product.push(next);
                }
            }
            all = product;
        }
        all
    }

    /// The values of a key: those of the call, or the default.
    fn choices(&mut self, key: &'static Key, call: &Instantiation) -> Vec<Choice> {
        let entry = call.entries.iter().find(|entry| entry.key == key.name);
        match (entry, key.default) {
            (Some(entry), _) => match key.role {
                Role::Element(name) => self.elements(name, entry),
                Role::Value(name) => self.values(name, entry),
                Role::Option(known) => self.options(key.name, known, entry),
                Role::Format(name) => self.formats(name, entry),
                Role::Flag(name, words, others) => self.flags(key.name, name, words, others, entry),
            },
            (None, Some(default)) => {
                let element = crate::ir::Scalar::from_name(default);
                let generic = match (key.role, element) {
                    (Role::Element(name), Some(scalar)) => {
                        Some((name.to_owned(), Argument::Type(Ty::Scalar(scalar))))
                    }
                    (Role::Flag(name, [_, yes], _), _) => {
                        Some((name.to_owned(), Argument::Truth(default == yes)))
                    }
                    _ => None,
                };
                vec![(default.to_owned(), generic)]
            }
            (None, None) => {
                let message = format!("the call does not say `{}`", key.name);
                let help = format!("write `{}: ..`", key.name);
                self.parser.report(&BAD_FAMILY_CALL, self.name, message, help);
                Vec::new()
            }
        }
    }

    /// A list makes the launcher generic over its types; a type by itself is the launcher's.
    fn elements(&mut self, name: &'static str, entry: &Entry) -> Vec<Choice> {
        let (mut found, mut types) = (Vec::new(), Vec::new());
        for value in &entry.values {
            if let Some((ty, argument)) = self.element(value) {
                types.push(ty);
                found.push((guard::written(value), Some((name.to_owned(), argument))));
            }
        }
        if entry.list {
            self.elements.push((self.named(name), types));
        }
        found
    }

    fn values(&mut self, name: &'static str, entry: &Entry) -> Vec<Choice> {
        let (mut found, mut exprs) = (Vec::new(), Vec::new());
        for value in &entry.values {
            if let Some(number) = self.number(value) {
                exprs.push(self.parser.expr(value));
                let argument = Argument::Const(i128::from(number));
                found.push((guard::written(value), Some((name.to_owned(), argument))));
            }
        }
        self.values.push((self.named(name), exprs));
        found
    }

    fn options(&mut self, key: &str, known: &'static [&'static str], entry: &Entry) -> Vec<Choice> {
        let mut found = Vec::new();
        for value in &entry.values {
            let label = guard::written(value);
            if known.contains(&label.as_str()) {
                found.push((label, None));
                continue;
            }
            self.unknown_option(key, &label, value, known);
        }
        found
    }

    fn unknown_option(&mut self, key: &str, label: &str, value: &syn::Expr, known: &[&str]) {
        let span = self.parser.span(value.span());
        let message = format!("{} has no `{key}: {label}`", self.family.name);
        let help = format!("there are {}", known.join(", "));
        self.parser.report(&BAD_FAMILY_CALL, span, message, help);
    }

    /// Truth values of a const parameter; where no shape tells them, the launcher's arguments.
    fn flags(
        &mut self,
        key: &str,
        name: &'static str,
        words: [&'static str; 2],
        others: &[&'static str],
        entry: &Entry,
    ) -> Vec<Choice> {
        let (mut found, mut exprs) = (Vec::new(), Vec::new());
        for value in &entry.values {
            let label = guard::written(value);
            if others.contains(&label.as_str()) {
                if entry.values.len() > 1 {
                    let message = format!("`{key}: {label}` stands beside other values");
                    let help = "its kernel has parameters of its own: give it a call of its own";
                    let span = self.parser.span(value.span());
                    self.parser.report(&BAD_FAMILY_CALL, span, message, help);
                }
                found.push((label, None));
                continue;
            }
            if !words.contains(&label.as_str()) {
                self.unknown_option(key, &label, value, &[&words, others].concat());
                continue;
            }
            let (truth, span) = (label == words[1], self.parser.span(value.span()));
            exprs.push(Expr { kind: ExprKind::Literal(Literal::Bool(truth)), span });
            found.push((label, Some((name.to_owned(), Argument::Truth(truth)))));
        }
        self.values.push((self.named(name), exprs));
        found
    }

    /// A list makes the launcher take the format by name; a format by itself is the launcher's.
    fn formats(&mut self, name: &'static str, entry: &Entry) -> Vec<Choice> {
        let chosen = formats::choose(&entry.values, self.forwarded, self.parser);
        let of = |format: &Chosen| Argument::Variant("Format".to_owned(), format.variant.clone());
        let found = chosen.iter().map(|c| (c.label.clone(), Some((name.to_owned(), of(c)))));
        let found = found.collect();
        if entry.list {
            let exprs = chosen.iter().map(|format| format.variant_path()).collect();
            self.values.push((self.named(name), exprs));
        }
        self.formats = chosen;
        found
    }

    fn named(&self, name: &str) -> Ident {
        Ident { name: name.to_owned(), span: self.name }
    }

    fn element(&mut self, value: &syn::Expr) -> Option<(Type, Argument)> {
        let syn::Expr::Path(path) = value else { return self.no_element(value) };
        let ty = self.parser.ty(&syn::parse_quote!(#path));
        match element_type(&ty) {
            Some(scalar) => Some((ty, Argument::Type(Ty::Scalar(scalar)))),
            None => self.no_element(value),
        }
    }

    fn no_element<T>(&mut self, value: &syn::Expr) -> Option<T> {
        let span = self.parser.span(value.span());
        let help = "element types are f32, f16, bf16, f8e4m3, f8e5m2 and the integers";
        self.parser.report(&BAD_FAMILY_CALL, span, "this is not an element type", help);
        None
    }

    /// A literal; a name that only rustc can resolve is not one.
    fn number(&mut self, value: &syn::Expr) -> Option<u32> {
        if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) = value
            && let Ok(number) = number.base10_parse()
        {
            return Some(number);
        }
        let span = self.parser.span(value.span());
        let message = "a macro cannot know what this stands for";
        self.parser.report(&BAD_FAMILY_CALL, span, message, "write the number here");
        None
    }

    /// The template of an arm.
    fn template(&mut self, first: &Combination, arm: &Arm) -> Option<&'static Template> {
        let fits = |template: &&Template| {
            let mut options = template.options.iter();
            options.all(|(key, value)| first.labels.get(key).is_some_and(|v| v == value))
                && (template.serves)(arm.target)
        };
        let found = self.family.templates.iter().find(fits);
        if found.is_none() {
            let (family, target) = (self.family.name, arm.target);
            let message = format!("{family} has no template for these options on {target}");
            let (first, last) = (self.parser.span(arm.span[0]), self.parser.span(arm.span[1]));
            let span = self.parser.join(first, last);
            self.parser.report(&BAD_FAMILY_CALL, span, message, "leave this target out");
        }
        found
    }

    fn tile(&mut self, template: &'static Template, tile: &Tile) -> WrittenTile {
        let span = self.parser.span(tile.tokens.span());
        for (at, (name, _)) in tile.fields.iter().enumerate() {
            let text = name.to_string();
            let place = self.parser.span(name.span());
            if !template.fields.iter().any(|field| field.name == text) {
                let names: Vec<&str> = template.fields.iter().map(|f| f.name).collect();
                let all = format!("its tiles have {}", names.join(", "));
                let help = did_you_mean(&text, names, &all);
                let message = format!("a tile of {} has no `{text}`", template.kernel);
                self.parser.report(&TILE_FIELD, place, message, help);
            } else if tile.fields[..at].iter().any(|(other, _)| other == name) {
                let message = format!("`{text}` is given twice");
                self.parser.report(&DUPLICATE_KEY, place, message, "keep one of them");
            }
        }
        let fields = template.fields.iter().map(|field| self.field(field, tile, span)).collect();
        WrittenTile { span, template, fields }
    }

    fn field(
        &mut self,
        field: &'static Field,
        tile: &Tile,
        span: Span,
    ) -> (&'static Field, u32, Span) {
        let (low, high) = field.range;
        let Some((_, value)) = tile.fields.iter().find(|(name, _)| name == field.name) else {
            if field.default.is_none() {
                let message = format!("the tile does not say `{}`", field.name);
                let help = format!("write `{}: ..`, {low} to {high}", field.name);
                self.parser.report(&TILE_FIELD, span, message, help);
            }
            return (field, field.default.unwrap_or(low), span);
        };
        let place = self.parser.span(value.span());
        let Some(number) = self.number(value) else { return (field, low, place) };
        if number < low || number > high || !number.is_multiple_of(field.step) {
            let message = format!("`{}` cannot be {number}", field.name);
            let help = match field.step {
                1 => format!("it is {low} to {high}"),
                step => format!("it is a multiple of {step} from {low} to {high}"),
            };
            self.parser.report(&TILE_FIELD, place, message, help);
        }
        (field, number, place)
    }

    /// The arm of each target for one combination: the first whose guard holds. A target without one
    /// is covered by a poorer target that has one, whose texts its devices run too.
    fn choose(
        &mut self,
        combination: &Combination,
        targets: &[Target],
        arms: &[(&Arm, std::ops::Range<usize>)],
    ) -> Vec<(Target, usize)> {
        let mut chosen: Vec<(Target, usize)> = Vec::new();
        for target in targets {
            let mut of_target = arms.iter().enumerate().filter(|(_, (a, _))| a.target == *target);
            let found = of_target.find(|(_, (arm, _))| self.applies(arm, &combination.labels));
            chosen.extend(found.map(|(at, _)| (*target, at)));
        }
        for target in targets {
            if chosen.iter().any(|(other, _)| target.includes(*other)) {
                continue;
            }
            let Some((arm, _)) = arms.iter().find(|(arm, _)| arm.target == *target) else {
                continue;
            };
            let labels = combination.labels.iter();
            let text: Vec<String> = labels.map(|(key, value)| format!("{key} = {value}")).collect();
            let message = format!("{target} has no tile for {}", text.join(", "));
            let help = format!("add `{target} => {{ .. }}` as its last arm");
            let (first, last) = (self.parser.span(arm.span[0]), self.parser.span(arm.span[1]));
            let span = self.parser.join(first, last);
            self.parser.report(&NOT_COVERED, span, message, help);
        }
        chosen
    }

    fn applies(&mut self, arm: &Arm, labels: &Labels) -> bool {
        let Some(guard) = &arm.guard else { return true };
        match guard::holds(guard, labels) {
            Ok(holds) => holds,
            Err((tokens, message)) => {
                let span = self.parser.span(tokens.span());
                self.parser.report(&GUARD, span, message, "write `if mask == causal`");
                true
            }
        }
    }
}
