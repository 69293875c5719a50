"""Make `picture.jpg`: a bus stop with a sign, drawn.

    python -m samples.make_picture [TARGET.jpg]

Needs Pillow. Drawing and text are ours, to be used by anybody for anything; the font is that of `make_film.py`.
"""

import sys
from pathlib import Path

from PIL import ImageDraw

from samples.make_debate import backdrop, bus, figure
from samples.make_film import HERE, lettering


def main() -> None:
    """Make the picture."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "picture.jpg"
    image = backdrop()
    somebody = figure(1, 10, 0)
    image.paste(somebody, (40, 60), somebody)
    vehicle = bus()
    vehicle = vehicle.resize((vehicle.width * 3, vehicle.height * 3))
    image.paste(vehicle, (740, 470), vehicle)
    draw = ImageDraw.Draw(image)
    draw.rectangle((590, 150, 600, 640), fill=(120, 130, 150))
    draw.rounded_rectangle((470, 90, 900, 260), 14, fill=(250, 250, 245), outline=(40, 60, 120), width=6)
    draw.text((500, 100), "Line 7 to the harbour", font=lettering(36), fill=(20, 30, 70))
    draw.text((500, 150), "Ligne 7 : le marché", font=lettering(36), fill=(20, 30, 70))
    draw.text((500, 200), "下一站 港口", font=lettering(36), fill=(20, 30, 70))
    image.save(target, quality=88, optimize=True)


if __name__ == "__main__":
    main()
