# /// script
# dependencies = ["pillow"]
# ///
import io

from PIL import Image, ImageDraw, ImageFont

picture = Image.new("RGB", (40, 20))
ImageDraw.Draw(picture).text((1, 1), "hi", font=ImageFont.load_default(12))
for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
    output = io.BytesIO()
    picture.save(output, kind)
    assert Image.open(io.BytesIO(output.getvalue())).size == (40, 20)
