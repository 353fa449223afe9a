"""Texts of a drawing that overlap."""

from matplotlib.figure import Figure as Drawing


def overlapping(drawing: Drawing) -> list[tuple[str, str]]:
    """Texts of a drawing, but numbers along scales, that overlap or are cut off at its edge."""
    drawing.canvas.draw()
    texts = [text for legend in drawing.legends for text in legend.get_texts()]
    for axes in drawing.axes:
        texts += [*axes.texts, axes._left_title, axes.xaxis.label, axes.yaxis.label]
    texts = [text for text in texts if text.get_text()]
    boxes = [(t.get_text(), t.get_window_extent(drawing.canvas.get_renderer())) for t in texts]
    found = [
        (name, other)
        for i, (name, box) in enumerate(boxes)
        for other, beside in boxes[i + 1 :]
        if box.overlaps(beside)
    ]
    whole = drawing.bbox
    return found + [
        (name, "edge")
        for name, box in boxes
        if not (whole.x0 <= box.x0 and box.x1 <= whole.x1 and whole.y0 <= box.y0 and box.y1 <= whole.y1)
    ]
