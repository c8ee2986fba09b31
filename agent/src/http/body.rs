//! Request bodies: capped, timed, JSON only, unknown fields refused by name, wiped after reading.

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use resetbox_core::secret::SecretText;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::Shared;
use super::fault::{Fault, Refusal};

/// A JSON body. The type's own `deny_unknown_fields` names what does not belong.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Fault> {
        if !is_json(&request) {
            return Err(Refusal::NotJson.into());
        }
        let bytes = read(request, app).await?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| Refusal::BadJson(json_fault(&error)).into())
    }
}

/// A query string, strictly read.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Query(value) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|error| Refusal::BadQuery(error.body_text()))?;
        Ok(Self(value))
    }
}

fn is_json(request: &Request) -> bool {
    let Some(value) = request.headers().get(CONTENT_TYPE) else {
        return false;
    };
    let essence = value.to_str().unwrap_or("").split(';').next().unwrap_or("");
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The whole body, in memory that is wiped: it may hold a key and a password.
async fn read(request: Request, app: &Shared) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let limit = app.limits.body_bytes;
    let mut body = Limited::new(request.into_body(), limit);
    // Reserved at once: growing would leave copies behind that nobody wipes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
    let reading = async {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                if error.downcast_ref::<LengthLimitError>().is_some() {
                    Refusal::BodyTooLarge(limit)
                } else {
                    Refusal::BadJson("the connection broke in the middle".to_owned())
                }
            })?;
            if let Some(data) = frame.data_ref() {
                bytes.extend_from_slice(data);
            }
        }
        Ok::<(), Refusal>(())
    };
    tokio::time::timeout(app.limits.body_timeout, reading)
        .await
        .map_err(|_| Refusal::BodyTooSlow)??;
    Ok(bytes)
}

/// The parser's words without the values it saw: a value may be a key or a password.
fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!("line {} column {}", error.line(), error.column());
    for known in ["unknown field", "missing field", "duplicate field"] {
        if text.starts_with(known) {
            return text;
        }
    }
    if error.is_data() {
        // "invalid type: string \"...\", expected a boolean": only the second half is safe to tell.
        let expected = text
            .rsplit_once("expected ")
            .map_or("another kind of value", |(_, rest)| {
                rest.split(" at line").next().unwrap_or(rest)
            });
        return format!("expected {expected} at {place}");
    }
    format!("not JSON at {place}")
}

/// A secret field of a body.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(#[serde(deserialize_with = "secret")] pub(crate) SecretText);

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SecretText, D::Error> {
    String::deserialize(deserializer).map(SecretText::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its reading is looked at")]
    struct Sample {
        key: String,
        sync_cameras: bool,
    }

    fn fault(text: &str) -> String {
        json_fault(&serde_json::from_str::<Sample>(text).expect_err("a mistake"))
    }

    #[test]
    fn faults_name_the_field_and_never_tell_a_value() {
        assert!(fault(r#"{"key":"a","sync_cameras":true,"colour":1}"#).contains("`colour`"));
        assert!(fault(r#"{"key":"a"}"#).contains("`sync_cameras`"));
        let wrong = fault(r#"{"key":"a","sync_cameras":"Marker99"}"#);
        assert!(wrong.contains("expected a boolean"), "{wrong}");
        assert!(!wrong.contains("Marker99"), "{wrong}");
        for text in [
            r#""Marker99""#,
            r#"{"key":"Marker99"#,
            r#"{"key":Marker99}"#,
            r#"[{"key":"Marker99, expected x"}]"#,
        ] {
            assert!(!fault(text).contains("Marker99"), "{text}: {}", fault(text));
        }
    }
}
