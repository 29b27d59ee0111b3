AREA = "service_type"
TEXT = {
    "SELDON": "Seldon",
    "TENSORFLOW_SERVING": "TensorFlow Serving",
    "KSERVE_V1": "KServe V1",
    "OPEN_INFERENCE_V2": "Open Inference V2",
    "OPENAI": "OpenAI 兼容",
    "CUSTOM": "自定义",
}
