//! Values of variables as a request sends them.
//!
//! A hundred representations have the same few names: each is made once, and the others share it.

use std::fmt;

use async_graphql::{Name, Value as ConstValue};
use indexmap::IndexMap;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// Most names that are remembered while a request is read.
const REMEMBERED: usize = 16;

/// A value of JSON.
#[derive(Debug, PartialEq, Eq)]
pub struct Sent(pub ConstValue);

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AnyValue(&mut Names::default()).deserialize(deserializer).map(Self)
    }
}

/// The names that were met last.
#[derive(Default)]
struct Names {
    known: Vec<Name>,
    oldest: usize,
}

impl Names {
    fn name(&mut self, text: &str) -> Name {
        if let Some(known) = self.known.iter().find(|known| known.as_str() == text) {
            return known.clone();
        }
        let name = Name::new(text);
        if self.known.len() < REMEMBERED {
            self.known.push(name.clone());
        } else {
            self.known[self.oldest] = name.clone();
            self.oldest = (self.oldest + 1) % REMEMBERED;
        }
        name
    }
}

struct AnyValue<'n>(&'n mut Names);

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = ConstValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ConstValue, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
    type Value = ConstValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<ConstValue, E> {
        Ok(ConstValue::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<ConstValue, E> {
        Ok(ConstValue::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<ConstValue, E> {
        Ok(ConstValue::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<ConstValue, E> {
        Ok(ConstValue::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<ConstValue, E> {
        Ok(Number::from_f64(value).map_or(ConstValue::Null, ConstValue::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<ConstValue, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<ConstValue, E> {
        Ok(ConstValue::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ConstValue, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(AnyValue(&mut *self.0))? {
            list.push(item);
        }
        Ok(ConstValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ConstValue, A::Error> {
        let mut object = IndexMap::new();
        while let Some(name) = fields.next_key_seed(AnyName(&mut *self.0))? {
            object.insert(name, fields.next_value_seed(AnyValue(&mut *self.0))?);
        }
        Ok(ConstValue::Object(object))
    }
}

struct AnyName<'n>(&'n mut Names);

impl<'de> DeserializeSeed<'de> for AnyName<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for AnyName<'_> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Name, E> {
        Ok(self.0.name(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_that_async_graphql_reads() {
        let many: String = (0..60).map(|n| format!("{{\"a{}\":{n},\"k\":[]}},", n % 23)).collect();
        for text in [
            "null",
            "[true,false,-3,18446744073709551615,1.5,1e3,\"\",\"Zo\\u00eb\"]",
            "{\"id\":\"a\",\"at\":{\"id\":{\"id\":1}},\"id\":2,\"\":null,\"a\\\"b\":[{}]}",
            &format!("[{many}0]"),
        ] {
            let sent: Sent = serde_json::from_str(text).expect("JSON");
            let read: ConstValue = serde_json::from_str(text).expect("JSON");
            assert_eq!(sent.0, read, "{text}");
        }
        assert!(serde_json::from_str::<Sent>("[1,").is_err());
        assert!(serde_json::from_str::<Sent>(&"[".repeat(200)).is_err());
    }

    #[test]
    fn a_name_is_made_once() {
        let sent: Sent = serde_json::from_str("[{\"id\":1},{\"id\":2}]").expect("JSON");
        let ConstValue::List(items) = sent.0 else { unreachable!("it is a list") };
        let names: Vec<*const u8> = items
            .iter()
            .map(|item| match item {
                ConstValue::Object(fields) => fields[0..1].keys().map(|k| k.as_ptr()).next(),
                _ => None,
            })
            .map(|name| name.expect("a name"))
            .collect();
        assert_eq!(names[0], names[1]);
    }
}
