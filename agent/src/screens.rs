//! `resetbox screens`: every screen as a picture, to look at and to compare.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use resetbox_view::Frame;
use thiserror::Error;

/// Between the screens of a sheet, in pixels.
const GAP: usize = 8;
/// A sheet is about so wide.
const SHEET_WIDTH: usize = 1600;
/// Behind the screens of a sheet: a bezel's grey.
const GREY: [u8; 3] = [0x60, 0x64, 0x6c];

/// Why the pictures could not be written.
#[derive(Debug, Error)]
pub enum ScreensError {
    /// The disk refused.
    #[error("cannot write {path}: {source}; choose another folder with --out")]
    Disk {
        /// Which file or folder.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A picture could not be packed.
    #[error("cannot pack {path} as PNG: {source}; report this as a defect")]
    Png {
        /// Which file.
        path: PathBuf,
        /// The packer's words.
        source: png::EncodingError,
    },
}

/// Writes every screen in both languages for the four sizes as `out/240x240/list-3-en.png`, and
/// one sheet of all per size and language as `out/sheet-240x240-en.png`. Returns how many screens
/// there are.
pub fn write_all(out: &Path) -> Result<usize, ScreensError> {
    let mut sheets: BTreeMap<String, Vec<Frame>> = BTreeMap::new();
    let mut count = 0;
    for (name, frame) in resetbox_view::screens() {
        let path = out.join(format!("{name}.png"));
        write(&path, &Picture::of(&frame))?;
        let language = name.rsplit('-').next().unwrap_or_default();
        let sheet = format!("sheet-{}x{}-{language}.png", frame.width(), frame.height());
        sheets.entry(sheet).or_default().push(frame);
        count += 1;
    }
    for (name, frames) in sheets {
        write(&out.join(name), &Picture::sheet(&frames))?;
    }
    Ok(count)
}

/// Writes one frame as a PNG, making its folder.
pub(crate) fn write_frame(path: &Path, frame: &Frame) -> Result<(), ScreensError> {
    write(path, &Picture::of(frame))
}

/// Red, green, blue, row by row.
struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    fn of(frame: &Frame) -> Self {
        Self {
            width: frame.width().into(),
            height: frame.height().into(),
            rgb: frame.to_rgb8(),
        }
    }

    /// All frames, which have one size, in rows.
    fn sheet(frames: &[Frame]) -> Self {
        let (w, h) = frames.first().map_or((1, 1), |frame| {
            (usize::from(frame.width()), usize::from(frame.height()))
        });
        let columns = ((SHEET_WIDTH - GAP) / (w + GAP)).clamp(1, frames.len().max(1));
        let width = columns * (w + GAP) + GAP;
        let height = frames.len().div_ceil(columns) * (h + GAP) + GAP;
        let mut rgb = GREY.repeat(width * height);
        for (i, frame) in frames.iter().enumerate() {
            let left = GAP + i % columns * (w + GAP);
            let top = GAP + i / columns * (h + GAP);
            for (y, row) in frame.to_rgb8().chunks_exact(w * 3).enumerate() {
                let start = ((top + y) * width + left) * 3;
                rgb[start..start + row.len()].copy_from_slice(row);
            }
        }
        Self { width, height, rgb }
    }
}

fn write(path: &Path, picture: &Picture) -> Result<(), ScreensError> {
    let disk = |source| ScreensError::Disk {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(disk)?;
    }
    let bytes = encode(picture).map_err(|source| ScreensError::Png {
        path: path.to_owned(),
        source,
    })?;
    fs::write(path, bytes).map_err(disk)
}

/// A PNG; indexed where there are few colours, which makes it a third of the size.
fn encode(picture: &Picture) -> Result<Vec<u8>, png::EncodingError> {
    let (pixels, _) = picture.rgb.as_chunks::<3>();
    let mut colours: Vec<&[u8; 3]> = pixels.iter().collect();
    colours.sort_unstable();
    colours.dedup();
    let mut out = Vec::new();
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut out, side(picture.width), side(picture.height));
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let indexes: Option<Vec<u8>> = pixels
        .iter()
        .map(|pixel| {
            let index = colours.binary_search(&pixel).unwrap_or_default();
            u8::try_from(index).ok()
        })
        .collect();
    let data = match &indexes {
        Some(indexes) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(
                colours
                    .iter()
                    .copied()
                    .flatten()
                    .copied()
                    .collect::<Vec<u8>>(),
            );
            encoder.set_filter(png::Filter::NoFilter);
            indexes
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            &picture.rgb
        }
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: Vec<u8>) -> (usize, usize, Vec<u8>) {
        let mut decoder = png::Decoder::new(io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut rgb = vec![0; reader.output_buffer_size().expect("a small one")];
        let info = reader.next_frame(&mut rgb).expect("a whole one");
        (info.width as usize, info.height as usize, rgb)
    }

    #[test]
    fn a_picture_and_a_sheet_keep_every_pixel() {
        let frames: Vec<Frame> = resetbox_view::screens()
            .take(14)
            .map(|(_, frame)| frame)
            .collect();
        for picture in [Picture::of(&frames[0]), Picture::sheet(&frames)] {
            let packed = encode(&picture).expect("memory takes it");
            let (width, height, rgb) = decode(packed);
            assert_eq!((width, height), (picture.width, picture.height));
            assert!(rgb == picture.rgb);
        }
        let sheet = Picture::sheet(&frames);
        let rgb = frames[13].to_rgb8();
        // 11 columns of 128 pixels: the fourteenth stands in the second row, third from the left.
        let start = ((GAP + 136) * sheet.width + GAP + 2 * 136) * 3;
        assert_eq!(sheet.rgb[start..start + 128 * 3], rgb[..128 * 3]);
    }

    #[test]
    fn many_colours_are_kept_too() {
        let rgb: Vec<u8> = (0..900u32)
            .flat_map(|n| [(n >> 8) as u8, n as u8, 7])
            .collect();
        let picture = Picture {
            width: 30,
            height: 30,
            rgb,
        };
        let (.., rgb) = decode(encode(&picture).expect("memory takes it"));
        assert!(rgb == picture.rgb);
    }

    #[test]
    fn a_folder_that_cannot_be_is_named() {
        let error = write_all(Path::new("/proc/nowhere")).expect_err("/proc takes no folders");
        assert!(error.to_string().contains("/proc/nowhere"), "{error}");
    }
}
