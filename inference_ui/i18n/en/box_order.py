AREA = "box_order"
TEXT = {
    "xyxy": "left, top, right, bottom",
    "yxyx": "top, left, bottom, right",
    "xywh": "left, top, width, height",
    "cxcywh": "centre x, centre y, width, height",
    "xxyy": "left, right, top, bottom",
}
