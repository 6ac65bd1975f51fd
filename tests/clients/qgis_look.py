"""Looks at the portal with QGIS, headless, and says what it saw as JSON; `test_qgis.py` runs it with Debian's Python.

A process of its own: PyQGIS belongs to the system's Python, and a crash of QGIS is then one failed test.
Its argument is JSON: the portal's address, the box to draw (EPSG:4326), a subset, and the folder for images.
"""

import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (  # noqa: E402
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapBoxGlStyleConverter,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize  # noqa: E402
from qgis.PyQt.QtGui import QColor  # noqa: E402

DEGREES = QgsCoordinateReferenceSystem("EPSG:4326")
METRES = QgsCoordinateReferenceSystem("EPSG:3857")
SIZE = QSize(800, 600)


def draw(layer, box, file):
    """Draws a layer on white and counts pixels that are not white, and their colours."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(METRES)
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(SIZE)
    transform = QgsCoordinateTransform(DEGREES, METRES, QgsProject.instance())
    settings.setExtent(transform.transformBoundingBox(QgsRectangle(*box)))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    image.save(file)
    pixels = [image.pixel(x, y) for x in range(image.width()) for y in range(image.height())]
    drawn = [pixel for pixel in pixels if pixel != QColor("white").rgb()]
    return {"drawn": len(drawn), "colours": len(set(drawn)), "errors": [error.message for error in job.errors()]}


def features(order):
    """An OGC API Features layer, as a person adds it in Layer → Add Layer → Add WFS Layer."""
    uri = f"url='{order['url']}/api' typename='{order['layer']}' pagingEnabled='true' pageSize='1000'"
    layer = QgsVectorLayer(uri, order["layer"], "OAPIF")
    if not layer.isValid():
        return {"valid": False, "why": layer.error().message()}
    seen = {
        "valid": True,
        "fields": layer.fields().names(),
        "crs": layer.crs().authid(),
        "count": sum(1 for _ in layer.getFeatures()),
        "image": draw(layer, order["box"], f"{order['folder']}/features.png"),
    }
    seen["subset_accepted"] = layer.setSubsetString(order["subset"])
    seen["subset"] = sum(1 for _ in layer.getFeatures())
    return seen


def tiles(order):
    """A vector tile layer with the portal's own style, converted as QGIS converts it when it loads a style's address."""
    uri = f"type=xyz&url={order['url']}/tiles/{order['tiles']}/%7Bz%7D/%7Bx%7D/%7By%7D&zmin=0&zmax=16"
    layer = QgsVectorTileLayer(uri, "tiles")
    if not layer.isValid():
        return {"valid": False, "why": layer.error().message()}
    plain = draw(layer, order["box"], f"{order['folder']}/plain.png")
    converter = QgsMapBoxGlStyleConverter()
    converted = converter.convert(json.dumps(order["style"])) == QgsMapBoxGlStyleConverter.Success
    if converted:
        layer.setRenderer(converter.renderer())
        layer.setLabeling(converter.labeling())
    return {
        "valid": True,
        "plain": plain,
        "converted": converted,
        "why": converter.errorMessage(),
        "warnings": converter.warnings(),
        "styled": draw(layer, order["box"], f"{order['folder']}/styled.png"),
    }


def main():
    order = json.loads(sys.argv[1])
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    print(json.dumps({"version": Qgis.QGIS_VERSION, "features": features(order), "tiles": tiles(order)}), flush=True)
    # QGIS is known to crash in its destructors when Python has ended first
    os._exit(0)


main()
