AREA = "served_by"
TEXT = {
    "SELDON": "Seldon Core v1",
    "TENSORFLOW_SERVING": "TensorFlow Serving",
    "KSERVE_V1": "KServe V1",
    "OPEN_INFERENCE_V2": "Triton、MLServer、KServe",
    "OPENAI": "vLLM、SGLang、llama.cpp",
    "CUSTOM": "",
}
