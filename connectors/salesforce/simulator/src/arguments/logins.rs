//! Flags for apps and for who may log in how.

use std::path::{Path, PathBuf};

use clap::Args;
use salesforce_simulator::org::{AppAccess, AppSettings, Logins};

const HEADING: &str = "Ways in";
/// Bytes of a file that describes an app.
const FILE_MAX: u64 = 1 << 20;

/// The ways in.
#[derive(Debug, Args)]
pub struct LoginArguments {
    /// A certificate (X.509) or RSA public key of the app, PEM, that its signed assertions are verified with; may be
    /// repeated.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    app_certificate: Vec<PathBuf>,
    /// A user name that an administrator has approved for the app, all with *; may be repeated. Others have to allow it
    /// in a browser before a signed assertion logs them in.
    #[arg(long, value_name = "USER", help_heading = HEADING)]
    app_preauthorized: Vec<String>,
    /// User name that the client credentials flow logs in; without it, the administrator's.
    #[arg(long, value_name = "USER", help_heading = HEADING)]
    app_run_as: Option<String>,
    /// A further app, a JSON file: {"name", "client_id"?, "client_secret"?, "callbacks"?: [URL], "scopes"?: [NAME],
    /// "rotates"?: false, "secret_required"?: true, "pkce_required"?: false, "certificates"?: [FILE beside it],
    /// "preauthorized"?: [USER or "*"], "run_as"?: USER}; may be repeated.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    connected_app: Vec<PathBuf>,
    /// The OAuth username-password flow is off.
    #[arg(long, help_heading = HEADING)]
    no_password_flow: bool,
    /// A password needs the security token behind it where no browser asks for it.
    #[arg(long, help_heading = HEADING)]
    security_token_required: bool,
    /// Newest API version in which SOAP has login.
    #[arg(long, value_name = "N", default_value_t = Logins::default().soap_login_newest, help_heading = HEADING)]
    soap_login_newest: u32,
}

impl LoginArguments {
    /// The logins, with the apps' files read.
    pub fn load(self) -> Result<Logins, Box<dyn std::error::Error>> {
        let apps: Result<_, Box<dyn std::error::Error>> =
            self.connected_app.iter().map(|path| app(path)).collect();
        Ok(Logins {
            password_flow: !self.no_password_flow,
            security_token_required: self.security_token_required,
            soap_login_newest: self.soap_login_newest,
            app: AppAccess {
                certificates: self.app_certificate,
                preauthorized: self.app_preauthorized,
                run_as: self.app_run_as,
            },
            apps: apps?,
        })
    }
}

/// An app out of its file; paths in it start at the file's folder.
fn app(path: &Path) -> Result<AppSettings, Box<dyn std::error::Error>> {
    use std::io::Read as _;
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| told(&error))?;
    file.take(FILE_MAX).read_to_string(&mut text).map_err(|error| told(&error))?;
    let mut app: AppSettings = serde_json::from_str(&text).map_err(|error| told(&error))?;
    if let Some(folder) = path.parent() {
        for certificate in &mut app.certificates {
            *certificate = folder.join(&*certificate);
        }
    }
    Ok(app)
}
