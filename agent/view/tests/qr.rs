//! Every QR that a panel shows is read back from the picture, byte for byte.

use std::sync::Arc;

use resetbox_core::screen::Page;
use resetbox_core::view::View;
use resetbox_view::texts::Language;
use resetbox_view::{
    Frame, Geometry, Level, Verdict, fit, inspect, qr_matrix, qr_svg, render, samples,
};

/// Printable ASCII in an order that looks random and differs from length to length.
fn payload(bytes: usize) -> String {
    let mut state = (bytes as u32).wrapping_mul(0x9e37_79b9) | 1;
    (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            char::from(b' ' + (state % 95) as u8)
        })
        .collect()
}

fn qr_view(code: &str) -> View {
    let (_, mut view) = samples(Language::En)
        .into_iter()
        .find(|(name, _)| *name == "qr-128")
        .expect("there is a sample of a QR page");
    let Page::Qr { device_code, .. } = &mut view.screen.page else {
        panic!("the sample is a QR page");
    };
    *device_code = Arc::from(code);
    view
}

fn luma(frame: &Frame) -> Vec<u8> {
    // Green has the most bits in RGB565, and black and white are grey.
    frame.to_rgb8().chunks(3).map(|p| p[1]).collect()
}

/// Nearest neighbour, twice as large: what a camera sees is finer than the glass.
fn doubled(luma: &[u8], width: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(luma.len() * 4);
    for row in luma.chunks(width) {
        let wide: Vec<u8> = row.iter().flat_map(|p| [*p, *p]).collect();
        out.extend_from_slice(&wide);
        out.extend_from_slice(&wide);
    }
    out
}

fn read_rqrr(frame: &Frame) -> Result<String, String> {
    let (w, h) = (usize::from(frame.width()), usize::from(frame.height()));
    let luma = luma(frame);
    // One pixel per module is too coarse for it, as it would be for a camera's sensor.
    let (luma, scale) = if w < 200 {
        (doubled(&luma, w), 2)
    } else {
        (luma, 1)
    };
    let (w, h) = (scale * w, scale * h);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(w, h, |x, y| luma[y * w + x]);
    let grids = image.detect_grids();
    let grid = grids.first().ok_or("no code found")?;
    let mut bytes = Vec::new();
    grid.decode_to(&mut bytes).map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

fn read_rxing(frame: &Frame) -> Result<String, String> {
    let (w, h) = (u32::from(frame.width()), u32::from(frame.height()));
    let luma = doubled(&luma(frame), w as usize);
    rxing::helpers::detect_in_luma(luma, 2 * w, 2 * h, Some(rxing::BarcodeFormat::QR_CODE))
        .map(|found| found.getText().to_owned())
        .map_err(|e| e.to_string())
}

#[test]
fn rqrr_reads_every_length_from_the_wide_panel() {
    for bytes in 1..=1023 {
        let text = payload(bytes);
        let read = read_rqrr(&render(&qr_view(&text), &Geometry::WIDE));
        assert_eq!(read.as_ref(), Ok(&text), "{bytes} bytes");
    }
}

/// Lengths around every change of version up to 1023 bytes, and some between.
fn spread() -> Vec<usize> {
    let mut lengths = vec![
        1, 2, 3, 8, 100, 128, 176, 200, 255, 256, 344, 511, 512, 616, 683, 1023,
    ];
    let sizes: Vec<u16> = (1..=1023)
        .map(|n| fit(n, &Geometry::WIDE).modules)
        .collect();
    for n in 1..1023 {
        if sizes[n - 1] != sizes[n] {
            lengths.extend([n, n + 1]);
        }
    }
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

#[test]
fn two_decoders_read_a_spread_of_lengths_from_every_panel() {
    for geometry in Geometry::ALL {
        for bytes in spread() {
            let text = payload(bytes);
            let frame = render(&qr_view(&text), &geometry);
            let place = format!("{bytes} bytes on {}x{}", geometry.width, geometry.height);
            assert_eq!(read_rqrr(&frame).as_ref(), Ok(&text), "rqrr, {place}");
            assert_eq!(read_rxing(&frame).as_ref(), Ok(&text), "rxing, {place}");
        }
    }
}

#[test]
fn bytes_are_not_taken_for_something_else() {
    // Digits and capitals would be packed in other modes; a scanner must still give these bytes.
    let printable: String = (' '..='~').collect();
    for text in [
        "0123456789012345678901234567890123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%*+-./:",
        "  leading and trailing blanks  ",
        "tab\tand\r\nlines",
        "\u{e4}\u{f6}\u{fc} \u{4e2d}\u{6587} \u{1f600}",
        &printable,
        &printable.repeat(10),
    ] {
        let frame = render(&qr_view(text), &Geometry::LARGE);
        assert_eq!(read_rqrr(&frame).as_deref(), Ok(text));
        assert_eq!(read_rxing(&frame).as_deref(), Ok(text));
    }
}

#[test]
fn known_sizes_hold() {
    for (bytes, modules) in [
        (64, 33),
        (128, 41),
        (176, 49),
        (200, 53),
        (256, 57),
        (344, 65),
        (512, 77),
        (616, 85),
        (683, 89),
        (1023, 109),
    ] {
        assert_eq!(
            fit(bytes, &Geometry::LARGE).modules,
            modules,
            "{bytes} bytes"
        );
    }
}

#[test]
fn whole_pixels_lowest_version_and_no_level_for_a_pixel() {
    for geometry in Geometry::ALL {
        let side = geometry.width.min(geometry.height);
        for bytes in 1..=1023 {
            let fit = fit(bytes, &geometry);
            let place = format!(
                "{bytes} bytes on {}x{}: {fit:?}",
                geometry.width, geometry.height
            );
            assert!(fit.pixels_per_module >= 1, "{place}");
            assert!(fit.side() <= side, "{place}");
            // The largest that fits with two modules of quiet zone, which no layout can beat.
            assert_eq!(fit.pixels_per_module, side / (fit.modules + 4), "{place}");
            // Two only where four would cost a pixel, or the words on a code that is too fine.
            if fit.quiet_zone_modules == 2 {
                let four = side / (fit.modules + 8);
                assert!(
                    four < fit.pixels_per_module || fit.verdict == Verdict::TooSmall,
                    "{place}"
                );
            } else {
                assert_eq!(fit.quiet_zone_modules, 4, "{place}");
            }
            let mm = f32::from(fit.pixels_per_module) * geometry.pitch_um / 1000.0;
            assert!((fit.mm_per_module - mm).abs() < 1e-6, "{place}");
            let verdict = match fit.mm_per_module {
                mm if mm >= 0.3995 => Verdict::Good,
                mm if mm >= 0.2995 => Verdict::Steady,
                _ => Verdict::TooSmall,
            };
            assert_eq!(fit.verdict, verdict, "{place}");
        }
    }
    assert_eq!(fit(1, &Geometry::WIDE).level, Level::High);
    assert_eq!(fit(17, &Geometry::WIDE).level, Level::Low);
}

#[test]
fn what_no_code_holds_is_said_and_does_not_panic() {
    let text = payload(2954);
    assert!(qr_matrix(&text).is_none() && qr_svg(&text).is_none());
    assert!(qr_matrix(&payload(2953)).is_some());
    for geometry in Geometry::ALL {
        assert_eq!(fit(2954, &geometry).verdict, Verdict::TooSmall);
        for bytes in [1024, 2000, 2953, 2954, 10_000] {
            let seen = inspect(&qr_view(&payload(bytes)), &geometry);
            assert_eq!(seen.faults, [""; 0], "{bytes} bytes");
        }
    }
}

/// Everything inside the quiet zone is white, whatever stands beside the code.
#[test]
fn nothing_is_drawn_in_the_quiet_zone() {
    for language in [Language::En, Language::Id] {
        for (name, view) in samples(language) {
            let Page::Qr { device_code, .. } = &view.screen.page else {
                continue;
            };
            for geometry in Geometry::ALL {
                let fit = fit(device_code.len(), &geometry);
                let frame = render(&view, &geometry);
                let dark = |x: u16, y: u16| frame.pixel(x, y).is_some_and(|p| p != 0xffff);
                let quiet = fit.quiet_zone_modules * fit.pixels_per_module;
                let code = fit.modules * fit.pixels_per_module;
                // The code is where its first finder begins: the first dark row and column of black.
                let corner = (0..geometry.height)
                    .flat_map(|y| (0..geometry.width).map(move |x| (x, y)))
                    .find(|(x, y)| frame.pixel(*x, *y) == Some(0))
                    .expect("the finder is black");
                let (left, top) = corner;
                assert!(left >= quiet && top >= quiet, "{name} {geometry:?}");
                for y in top - quiet..top + code + quiet {
                    for x in left - quiet..left + code + quiet {
                        let inside =
                            (left..left + code).contains(&x) && (top..top + code).contains(&y);
                        assert!(inside || !dark(x, y), "{name} {geometry:?} at {x}, {y}");
                    }
                }
            }
        }
    }
}

#[test]
fn too_fine_is_said_in_words() {
    for language in [Language::En, Language::Id] {
        for (name, view) in samples(language) {
            let Page::Qr { device_code, .. } = &view.screen.page else {
                continue;
            };
            for geometry in Geometry::ALL {
                let seen = inspect(&view, &geometry);
                let all: String = seen
                    .texts
                    .iter()
                    .map(|(text, ..)| text.to_lowercase())
                    .collect();
                let said = all.contains("too fine") || all.contains("rapat");
                let small = fit(device_code.len(), &geometry).verdict == Verdict::TooSmall;
                assert_eq!(said, small, "{name} {geometry:?}: {all}");
            }
        }
    }
}

#[test]
fn the_svg_draws_the_same_modules() {
    let text = payload(128);
    let matrix = qr_matrix(&text).expect("128 bytes fit");
    let svg = qr_svg(&text).expect("128 bytes fit");
    let side = usize::from(matrix.modules()) + 8;
    assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
    let path = svg.split("d=\"").nth(1).and_then(|p| p.split('"').next());
    let mut drawn = vec![false; side * side];
    for run in path.expect("there is a path").split('M').skip(1) {
        let numbers: Vec<usize> = run
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|n| n.parse().ok())
            .collect();
        let (x, y, length) = (numbers[0], numbers[1], numbers[2]);
        drawn[y * side + x..][..length].fill(true);
    }
    for y in 0..side {
        for x in 0..side {
            let inside = (4..side - 4).contains(&x) && (4..side - 4).contains(&y);
            let dark = inside && matrix.dark(x as u16 - 4, y as u16 - 4);
            assert_eq!(drawn[y * side + x], dark, "at {x}, {y}");
        }
    }
}
