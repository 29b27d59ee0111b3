AREA = "box_format"
TEXT = {
    "xyxy": "xyxy: left, top, right, bottom (pixels)",
    "yxyx": "yxyx: top, left, bottom, right (pixels)",
    "xywh": "xywh: left, top, width, height (pixels)",
    "cxcywh": "cxcywh: centre x, centre y, width, height (pixels)",
    "xxyy": "xxyy: left, right, top, bottom (pixels)",
    "xyxy_norm": "xyxy_norm: left, top, right, bottom (0 to 1)",
    "yxyx_norm": "yxyx_norm: top, left, bottom, right (0 to 1)",
    "xywh_norm": "xywh_norm: left, top, width, height (0 to 1)",
    "cxcywh_norm": "cxcywh_norm: centre x, centre y, width, height (0 to 1)",
    "xxyy_norm": "xxyy_norm: left, right, top, bottom (0 to 1)",
}
