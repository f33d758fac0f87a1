//! [`Fields`]: typed access to the body of a request, with errors that name the parameter.

use crate::api_error::ApiError;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// The members of a JSON object; `null` is as good as absent.
pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    /// What comes before a member's name in messages.
    path: &'static str,
}

impl<'a> Fields<'a> {
    /// The body of a request.
    ///
    /// # Errors
    /// 400 where it is not an object.
    pub fn new(body: &'a Value) -> Result<Self, ApiError> {
        let map = body.as_object();
        let map = map.ok_or_else(|| ApiError::malformed("the body must be a JSON object"))?;
        Ok(Fields { map, path: "" })
    }

    /// A member that is there.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// The members of a member.
    ///
    /// # Errors
    /// 400 where it is not an object.
    pub fn object(&self, name: &'static str) -> Result<Option<Fields<'a>>, ApiError> {
        self.take(name, "an object", |value| {
            value.as_object().map(|map| Fields { map, path: name })
        })
    }

    /// A text.
    ///
    /// # Errors
    /// 400 where it is something else.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        self.take(name, "a string", Value::as_str)
    }

    /// True or false, `false` where it is absent.
    ///
    /// # Errors
    /// 400 where it is something else.
    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        Ok(self.take(name, "true or false", Value::as_bool)?.unwrap_or(false))
    }

    /// A number within a range.
    ///
    /// # Errors
    /// 400 where it is something else, or outside.
    pub fn number(&self, name: &str, range: RangeInclusive<f64>) -> Result<Option<f32>, ApiError> {
        let Some(value) = self.take(name, "a number", Value::as_f64)? else { return Ok(None) };
        if range.contains(&value) {
            return Ok(Some(value as f32));
        }
        Err(self.outside(name, &value.to_string(), &range))
    }

    /// A whole number within a range.
    ///
    /// # Errors
    /// 400 where it is something else, or outside.
    pub fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.take(name, "a whole number", whole)? else { return Ok(None) };
        if range.contains(&value) {
            return Ok(Some(value));
        }
        Err(self.outside(name, &value.to_string(), &range))
    }

    /// One text or a list of texts.
    ///
    /// # Errors
    /// 400 where it is something else.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, ApiError> {
        let found = self.take(name, "a string or an array of strings", |value| match value {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(texts) => texts.iter().map(|t| t.as_str().map(str::to_owned)).collect(),
            _ => None,
        });
        Ok(found?.unwrap_or_default())
    }

    /// A list of token ids.
    ///
    /// # Errors
    /// 400 where it is something else.
    pub fn tokens(&self, name: &str) -> Result<Option<Vec<u32>>, ApiError> {
        self.take(name, "an array of token ids", tokens)
    }

    /// The name of a member as messages have it.
    pub fn name(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// 400: the member is not what it must be.
    pub fn wrong(&self, name: &str, wanted: &str) -> ApiError {
        let name = self.name(name);
        let message = format!("{name} must be {wanted}");
        ApiError::invalid(name, message)
    }

    fn take<T>(
        &self,
        name: &str,
        wanted: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.wrong(name, wanted))
    }

    fn outside<T: std::fmt::Display>(
        &self,
        name: &str,
        value: &str,
        range: &RangeInclusive<T>,
    ) -> ApiError {
        let name = self.name(name);
        let message = format!("{name} is {value}, it must be {} to {}", range.start(), range.end());
        ApiError::invalid(name, message)
    }
}

/// A list of token ids.
pub fn tokens(value: &Value) -> Option<Vec<u32>> {
    let id = |id: &Value| u32::try_from(id.as_u64()?).ok();
    value.as_array()?.iter().map(id).collect()
}

/// A whole number, also one written as 3.0.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let float = value.as_f64()?;
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Fields;
    use serde_json::json;

    #[test]
    fn values_and_their_errors() {
        let body = json!({"a": 1.0, "b": "x", "c": null, "d": [1, 2], "e": {"f": 3}, "g": ["y"]});
        let fields = Fields::new(&body).unwrap();
        assert_eq!(fields.integer("a", 0..=1).unwrap(), Some(1));
        assert_eq!(fields.number("c", 0.0..=1.0).unwrap(), None);
        assert_eq!(fields.tokens("d").unwrap(), Some(vec![1, 2]));
        assert_eq!(
            (fields.texts("b").unwrap(), fields.texts("g").unwrap().len()),
            (vec!["x".to_owned()], 1)
        );
        let message = |error: crate::api_error::ApiError| error.body()["error"]["message"].clone();
        assert_eq!(message(fields.integer("a", 2..=3).err().unwrap()), "a is 1, it must be 2 to 3");
        let inner = fields.object("e").unwrap().unwrap();
        assert_eq!(message(inner.text("f").err().unwrap()), "e.f must be a string");
        assert!(fields.flag("b").is_err() && Fields::new(&json!([1])).is_err());
    }
}
