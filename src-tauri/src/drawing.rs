//! How the page is drawn on a machine without a graphics card, such as one in a data centre that is looked at from afar.
//!
//! WebKit draws with shaders. Without a card it first translates them for the processor, half a second at each start of the
//! window; drawing on the processor itself needs none.

use std::convert::Infallible;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// Of WebKit, which reads it when it draws first.
const VARIABLE: &str = "WEBKIT_SKIA_ENABLE_CPU_RENDERING";

/// Where Linux names the cards that can draw for programs.
const CARDS: &str = "/dev/dri";

/// Begins the program anew with that variable, in the same process, where it helps and nobody has set it. A process can't
/// change its own environment while others may read it.
pub(crate) fn draw_on_the_processor() {
    if std::env::var_os(VARIABLE).is_some() || has_card(Path::new(CARDS)) {
        return;
    }
    match begin_anew() {
        Ok(never) => match never {},
        Err(error) => tracing::debug!("the program is not begun anew: {error}"),
    }
}

fn begin_anew() -> std::io::Result<Infallible> {
    let mut arguments = std::env::args_os();
    let mut program = Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.next() {
        program.arg0(name);
    }
    Err(program.args(arguments).env(VARIABLE, "1").exec())
}

/// Whether there is a node that draws. One that only shows, as those of virtual screens, is none.
fn has_card(folder: &Path) -> bool {
    let Ok(nodes) = folder.read_dir() else { return false };
    nodes.flatten().any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_node_that_only_shows_is_no_card() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!has_card(&dir.path().join("none")));
        std::fs::write(dir.path().join("card0"), "").unwrap();
        assert!(!has_card(dir.path()));
        std::fs::write(dir.path().join("renderD128"), "").unwrap();
        assert!(has_card(dir.path()));
    }
}
