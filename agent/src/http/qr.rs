//! The device code as a picture for a phone's screen.

use std::io::Cursor;

use resetbox_view::QrMatrix;

/// Pixels per module of the PNG: fine enough for print, whole.
const SCALE: u16 = 8;
/// Quiet zone in modules.
const QUIET: u16 = 4;

/// Black on white, one bit per pixel.
pub(crate) fn png(matrix: &QrMatrix) -> Result<Vec<u8>, png::EncodingError> {
    let side = (matrix.modules() + 2 * QUIET) * SCALE;
    let row_bytes = usize::from(side.div_ceil(8));
    let mut pixels = vec![0xff_u8; row_bytes * usize::from(side)];
    for (y, row) in (0..side).zip(pixels.chunks_exact_mut(row_bytes)) {
        for x in 0..side {
            let module = |at: u16| (at / SCALE).checked_sub(QUIET);
            let dark = module(x)
                .zip(module(y))
                .is_some_and(|(x, y)| matrix.dark(x, y));
            if dark {
                row[usize::from(x / 8)] &= !(0x80 >> (x % 8));
            }
        }
    }
    let mut out = Cursor::new(Vec::new());
    let mut encoder = png::Encoder::new(&mut out, side.into(), side.into());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(out.into_inner())
}
