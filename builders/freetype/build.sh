#!/bin/sh
# FreeType with all font formats, without libpng, bzip2, Brotli and HarfBuzz: Tk draws outlines in one colour.
set -eu
flags="$CFLAGS -Iinclude -DFT2_BUILD_LIBRARY -DFT_CONFIG_OPTION_SYSTEM_ZLIB"
names="base/ftbase base/ftinit base/ftsystem base/ftdebug base/ftbbox base/ftbdf base/ftbitmap base/ftcid
    base/ftfstype base/ftgasp base/ftglyph base/ftmm base/ftpfr base/ftstroke base/ftsynth base/fttype1
    base/ftwinfnt autofit/autofit bdf/bdf cff/cff cid/type1cid gzip/ftgzip lzw/ftlzw pcf/pcf pfr/pfr psaux/psaux
    pshinter/pshinter psnames/psnames raster/raster sdf/sdf sfnt/sfnt smooth/smooth svg/svg truetype/truetype
    type1/type1 type42/type42 winfonts/winfnt"
compile-library "$OUT/lib/libfreetype.a" "$flags" $(printf 'src/%s.c ' $names)
mkdir -p "$OUT/include"
cp -R include/ft2build.h include/freetype "$OUT/include/"
rm -rf "$OUT/include/freetype/internal"
