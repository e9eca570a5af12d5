//! Splits protobuf messages into fields, to check written files in tests.

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'a> {
    Int(i64),
    Float(f32),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    pub fn bytes(&self) -> &'a [u8] {
        match self {
            Field::Bytes(bytes) => bytes,
            other => panic!("{other:?} is not bytes"),
        }
    }
}

pub fn fields(mut bytes: &[u8]) -> Vec<(u32, Field<'_>)> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = match key & 7 {
            0 => Field::Int(varint(&mut bytes) as i64),
            2 => {
                let length = varint(&mut bytes) as usize;
                Field::Bytes(bytes.split_off(..length).unwrap())
            }
            5 => {
                let raw = bytes.split_off(..4).unwrap();
                Field::Float(f32::from_le_bytes(raw.try_into().unwrap()))
            }
            other => panic!("wire type {other}"),
        };
        all.push(((key >> 3) as u32, value));
    }
    all
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first().unwrap();
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}
