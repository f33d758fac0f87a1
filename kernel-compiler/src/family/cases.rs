//! From a call to the cases that it asks for: the product of its axes, with a tile per target.

use super::call::{Arm, Instantiation, Tile};
use super::catalog::{Family, Field, Role, Template};
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
#[derive(Default)]
pub(super) struct Plan {
    /// The templates of the arms, in the family's order: that of the richest targets first.
    pub templates: Vec<&'static Template>,
    /// Element types by type parameter, as a kernel's attribute has them.
    pub elements: Vec<(Ident, Vec<Type>)>,
    /// Values by const parameter.
    pub values: Vec<(Ident, Vec<Expr>)>,
    /// Richest target first within each combination of the axes.
    pub cases: Vec<CaseValues>,
    /// The template of each case, by index into `templates`.
    pub template_of: Vec<usize>,
    /// The tile of each case, by index into `tiles`.
    pub tile_of: Vec<usize>,
    pub tiles: Vec<WrittenTile>,
}

/// A tile of the call.
pub(super) struct WrittenTile {
    pub span: Span,
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
    parser: &mut Parser<'_>,
) -> Option<Plan> {
    let name = parser.span(call.name.span());
    let mut planner = Planner { family, parser, name, elements: Vec::new(), values: Vec::new() };
    planner.check_keys(call);
    let combinations = planner.combinations(call);
    let first = combinations.first()?;
    let (mut tiles, mut arms) = (Vec::new(), Vec::new());
    for arm in &call.arms {
        let template = planner.template(first, arm.target)?;
        let start = tiles.len();
        for tile in &arm.tiles {
            tiles.push(planner.tile(template, tile));
        }
        arms.push((arm, template, start..tiles.len()));
    }
    let mut targets: Vec<Target> = Vec::new();
    for (arm, ..) in &arms {
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
    let templates = family.templates.iter();
    let templates = templates.filter(|t| arms.iter().any(|(_, arm, _)| std::ptr::eq(*arm, *t)));
    let mut plan = Plan { templates: templates.collect(), tiles, ..Plan::default() };
    for combination in &combinations {
        for (target, arm) in planner.choose(combination, &targets, &arms) {
            let Some((_, template, range)) = arms.get(arm) else { continue };
            let known = plan.templates.iter().position(|known| std::ptr::eq(*known, *template));
            let Some(known) = known else { continue };
            for at in range.clone() {
                plan.cases.push(case(combination, target, &plan.tiles[at]));
                plan.template_of.push(known);
                plan.tile_of.push(at);
            }
        }
    }
    (plan.elements, plan.values) = (planner.elements, planner.values);
    Some(plan)
}

fn case(combination: &Combination, target: Target, tile: &WrittenTile) -> CaseValues {
    let mut generics = combination.generics.clone();
    for (field, value, _) in &tile.fields {
        generics.push((field.generic.to_owned(), Argument::Const(i128::from(*value))));
    }
    CaseValues { generics, tile: Some(tile.span), target: Some(target) }
}

/// `true` or `false`, as if it were written there.
fn truth(value: bool, span: Span) -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Bool(value)), span }
}

struct Planner<'p, 'm> {
    family: &'static Family,
    parser: &'p mut Parser<'m>,
    /// The instance's name, for what is missing.
    name: Span,
    elements: Vec<(Ident, Vec<Type>)>,
    values: Vec<(Ident, Vec<Expr>)>,
}

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
            let entry = call.entries.iter().find(|entry| entry.key == key.name);
            let options: Vec<(String, Option<(String, Argument)>)> = match (entry, key.default) {
                (Some(entry), _) => self.options(key.name, key.role, &entry.values),
                (None, Some(default)) => {
                    let generic = match key.role {
                        Role::Flag(name, [_, yes]) => {
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
            };
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

    fn options(
        &mut self,
        key: &'static str,
        role: Role,
        values: &[syn::Expr],
    ) -> Vec<(String, Option<(String, Argument)>)> {
        let mut found = Vec::new();
        let (mut types, mut exprs) = (Vec::new(), Vec::new());
        for value in values {
            let label = guard::written(value);
            let generic = match role {
                Role::Element(name) => match self.element(value) {
                    Some((ty, argument)) => {
                        types.push(ty);
                        Some((name.to_owned(), argument))
                    }
                    None => continue,
                },
                Role::Value(name) => match self.number(value) {
                    Some(number) => {
                        exprs.push(self.parser.expr(value));
                        Some((name.to_owned(), Argument::Const(i128::from(number))))
                    }
                    None => continue,
                },
                Role::Flag(name, [_, yes]) if label == yes => {
                    exprs.push(truth(true, self.parser.span(value.span())));
                    Some((name.to_owned(), Argument::Truth(true)))
                }
                Role::Flag(name, [no, _]) if label == no => {
                    exprs.push(truth(false, self.parser.span(value.span())));
                    Some((name.to_owned(), Argument::Truth(false)))
                }
                Role::Flag(_, known) => {
                    self.unknown_option(key, &label, value, &known);
                    continue;
                }
                Role::Option(known) if known.contains(&label.as_str()) => None,
                Role::Option(known) => {
                    self.unknown_option(key, &label, value, known);
                    continue;
                }
            };
            found.push((label, generic));
        }
        let ident = |name: &str| Ident { name: name.to_owned(), span: self.name };
        match role {
            Role::Element(name) => self.elements.push((ident(name), types)),
            Role::Value(name) | Role::Flag(name, _) => self.values.push((ident(name), exprs)),
            Role::Option(_) => {}
        }
        found
    }

    fn unknown_option(&mut self, key: &str, label: &str, value: &syn::Expr, known: &[&str]) {
        let span = self.parser.span(value.span());
        let message = format!("{} has no `{key}: {label}`", self.family.name);
        let help = format!("there are {}", known.join(", "));
        self.parser.report(&BAD_FAMILY_CALL, span, message, help);
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

    fn template(&mut self, first: &Combination, target: Target) -> Option<&'static Template> {
        let fits = |template: &&Template| {
            let mut options = template.options.iter();
            template.fits(target)
                && options.all(|(key, value)| first.labels.get(key).is_some_and(|v| v == value))
        };
        let found = self.family.templates.iter().find(fits);
        if found.is_none() {
            let message = format!("{} has no template for these options", self.family.name);
            self.parser.report(&BAD_FAMILY_CALL, self.name, message, "");
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
        WrittenTile { span, fields }
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
        arms: &[(&Arm, &'static Template, std::ops::Range<usize>)],
    ) -> Vec<(Target, usize)> {
        let mut chosen: Vec<(Target, usize)> = Vec::new();
        for target in targets {
            let mut of_target = arms.iter().enumerate().filter(|(_, (a, ..))| a.target == *target);
            let found = of_target.find(|(_, (arm, ..))| self.applies(arm, &combination.labels));
            chosen.extend(found.map(|(at, _)| (*target, at)));
        }
        for target in targets {
            if chosen.iter().any(|(other, _)| target.includes(*other)) {
                continue;
            }
            let Some((arm, ..)) = arms.iter().find(|(arm, ..)| arm.target == *target) else {
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
