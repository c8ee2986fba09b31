//! Links the release program without what it never reads: a sixth of its size on the card.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=no-unwinding.ld");
    // The tests unwind, and are built by the profile `dev`.
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let target = |name: &str, is: &str| std::env::var(name).is_ok_and(|value| value == is);
    // The words are GNU ld's; a static program for musl is linked by others, which refuse them.
    let gnu = target("CARGO_CFG_TARGET_OS", "linux") && target("CARGO_CFG_TARGET_ENV", "gnu");
    if !release || !gnu {
        return;
    }
    let folder =
        std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the folder to every build script");
    // The release program ends at its first panic (`panic = "abort"`): nothing unwinds its stack. Not emitting the tables
    // is no way, since the standard library comes with its own and link-time optimisation then makes them for all.
    println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/no-unwinding.ld");
    // Addresses to be moved at the start as a bitmap instead of a table; glibc 2.36 reads it, Debian 12's.
    println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
}
