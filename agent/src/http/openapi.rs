//! The description of the API, generated from the code and kept as `docs/openapi.json`.

use super::api;
use axum::response::Response;

/// The file as it is in the repository; a test holds it to the code.
pub(crate) const FILE: &str = include_str!("../../../docs/openapi.json");

/// The description of this API (OpenAPI 3.1).
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "box",
    responses((status = 200, description = "This description.", content_type = "application/json", body = String))
)]
pub(crate) async fn file() -> Response {
    api::typed("application/json", FILE)
}

#[cfg(test)]
mod tests {
    use super::super::{api, events, metrics};
    use super::*;
    use utoipa::OpenApi;
    use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};

    #[derive(OpenApi)]
    #[openapi(
        info(
            title = "resetbox",
            description = "What a resetbox offers over HTTP. Reading the list needs nothing; whatever acts, and every secret, \
                needs a session opened with the PIN that the box shows.",
            license(name = "MIT OR Apache-2.0"),
            contact()
        ),
        modifiers(&Session),
        tags(
            (name = "state", description = "What there is."),
            (name = "devices", description = "Devices on the wire."),
            (name = "cases", description = "One reset of one device, from the device code to the end."),
            (name = "panel", description = "The box's own screen and keys."),
            (name = "box", description = "The box itself."),
        ),
        paths(
            api::state::state, api::state::diagnosis,
            api::devices::list, api::devices::csv, api::devices::one, api::devices::lamp,
            api::operate::scan, api::operate::identify, api::operate::language, api::operate::time,
            api::operate::session, api::operate::enter, api::operate::leave,
            api::update::one, api::update::send, api::update::start, api::update::discard,
            api::cases::list, api::cases::open, api::cases::one, api::cases::cancel, api::cases::key,
            api::cases::file, api::cases::password, api::cases::login_check, api::cases::confirm, api::cases::withdraw, api::cases::resolve,
            api::secrets::qr_png, api::secrets::qr_svg, api::secrets::device_key, api::secrets::propose,
            api::books::audit, api::books::audit_csv,
            api::panel::follow, api::panel::frame, api::panel::key,
            api::health::alive, api::health::ready,
            events::follow, metrics::text, super::file,
        )
    )]
    struct Description;

    struct Session;

    impl utoipa::Modify for Session {
        fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
            let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
                super::super::session::Transport::Plain.cookie_name(),
                "Opened by POST /api/v1/session with the PIN or one-time token on the panel. Over HTTPS its name is \
                 `__Host-resetbox_session`.",
            ));
            openapi
                .components
                .get_or_insert_default()
                .add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        }
    }

    /// `RESETBOX_BLESS=1 cargo test` writes the file anew.
    #[test]
    fn the_file_is_in_step_with_the_code() {
        let mut text = Description::openapi().to_pretty_json().expect("serialises");
        text.push('\n');
        if std::env::var_os("RESETBOX_BLESS").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
            std::fs::write(path, &text).expect("writable");
            return;
        }
        assert!(
            text == FILE,
            "docs/openapi.json is not what the code says: run the tests once with RESETBOX_BLESS=1"
        );
        assert!(text.contains("\"openapi\": \"3.1.0\""));
    }
}
