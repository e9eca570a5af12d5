//! The label map of a picture: a PNG file of the same size whose grey values are the labels, as
//! tools for pictures read them. Most viewers show it nearly black.

use medicosam_shared::geometry::Dims;
use std::io::{self, Write};

/// Writes the file: 8 bits a pixel for labels up to 255, else 16.
pub(super) fn write(out: impl Write, dims: Dims, highest: u16, labels: &[u16]) -> io::Result<()> {
    let [width, height, _] = dims.0;
    let one_byte = highest <= u16::from(u8::MAX);
    let mut encoder = png::Encoder::new(out, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(if one_byte {
        png::BitDepth::Eight
    } else {
        png::BitDepth::Sixteen
    });
    let pixels: Vec<u8> = if one_byte {
        // No label is above 255.
        labels.iter().map(|&label| label as u8).collect()
    } else {
        labels
            .iter()
            .flat_map(|label| label.to_be_bytes())
            .collect()
    };
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(&pixels).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)
}
