"""Bar codes as vector pictures: sharp on paper, no picture library needed.

Odoo's ``ir.actions.report.barcode`` draws pixels through rlPyCairo, which a plain
installation lacks: it fails there. reportlab's own SVG is 6 to 8 times as large.
"""

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

# Codes of reportlab: capitals are bars, small letters gaps, A to D their width.
WIDTHS = {letter: width for width, letter in enumerate("ABCD", start=1)}


def code128_svg(value, height=40):
    """The value as Code 128 in SVG; None when it has characters without a code."""
    code = Code128(value or "", quiet=0)
    code.validate()
    if not value or not code.valid:
        return None
    code.encode()
    bars, x = [], 0
    for letter in code.decompose():
        width = WIDTHS[letter.upper()]
        if letter.isupper():
            bars.append(f"M{x} 0h{width}v{height}h-{width}z")
        x += width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x} {height}" '
        f'width="{x * 2}" height="{height * 2}" preserveAspectRatio="none" '
        f'shape-rendering="crispEdges"><path d="{"".join(bars)}" fill="#000"/></svg>'
    )


def qr_svg(value):
    """The value as QR code in SVG, with the quiet zone readers need."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(value)
    code.make()
    size = code.getModuleCount()
    dots = [
        f"M{x + 4} {y + 4}h1v1h-1z"
        for y in range(size)
        for x in range(size)
        if code.isDark(y, x)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 8} {size + 8}" '
        f'width="{(size + 8) * 5}" height="{(size + 8) * 5}" '
        f'shape-rendering="crispEdges"><path d="{"".join(dots)}" fill="#000"/></svg>'
    )
