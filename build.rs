//! Tells cargo of folders whose new files it would not notice: the built front end and the migrations.

fn main() {
    for folder in ["web/dist", "migrations"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
