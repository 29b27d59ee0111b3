AREA = "box_order"
TEXT = {
    "xyxy": "左、上、右、下",
    "yxyx": "上、左、下、右",
    "xywh": "左、上、宽、高",
    "cxcywh": "中心 x、中心 y、宽、高",
    "xxyy": "左、右、上、下",
}
