AREA = "box_format"
TEXT = {
    "xyxy": "xyxy：左、上、右、下（像素）",
    "yxyx": "yxyx：上、左、下、右（像素）",
    "xywh": "xywh：左、上、宽、高（像素）",
    "cxcywh": "cxcywh：中心 x、中心 y、宽、高（像素）",
    "xxyy": "xxyy：左、右、上、下（像素）",
    "xyxy_norm": "xyxy_norm：左、上、右、下（0 到 1）",
    "yxyx_norm": "yxyx_norm：上、左、下、右（0 到 1）",
    "xywh_norm": "xywh_norm：左、上、宽、高（0 到 1）",
    "cxcywh_norm": "cxcywh_norm：中心 x、中心 y、宽、高（0 到 1）",
    "xxyy_norm": "xxyy_norm：左、右、上、下（0 到 1）",
}
