"""The one table of names in the cluster that can drift: labels, resources, annotations.

They belong to vendors' plugins and schedulers, not to Kubernetes, and change with their versions.
Nothing else in this package spells one out.
"""

from __future__ import annotations

CPU = "cpu"
MEMORY = "memory"
DISK = "ephemeral-storage"
PODS = "pods"

HOST_LABEL = "kubernetes.io/hostname"
CORDON_TAINT = "node.kubernetes.io/unschedulable"
UNREADY_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")

APPLICATION_ANNOTATION = "inference-ui/application"
"""On the product's own pods: what people call the task or service."""
APPLICATION_LABELS = ("app.kubernetes.io/instance", "app.kubernetes.io/name", "app", "job-name")
"""Where pods of others say whose they are, the most telling first."""

# NVIDIA: the device plugin, GPU feature discovery and the MIG manager.
NVIDIA_GPU = "nvidia.com/gpu"
NVIDIA_SHARED = "nvidia.com/gpu.shared"
NVIDIA_MIG_PREFIX = "nvidia.com/mig-"
NVIDIA_PRODUCT_LABEL = "nvidia.com/gpu.product"
NVIDIA_COUNT_LABEL = "nvidia.com/gpu.count"
NVIDIA_REPLICAS_LABEL = "nvidia.com/gpu.replicas"
NVIDIA_MEMORY_LABEL = "nvidia.com/gpu.memory"
NVIDIA_SHARING_LABEL = "nvidia.com/gpu.sharing-strategy"
NVIDIA_NOT_SHARED = "none"
NVIDIA_DRIVER_LABEL = "nvidia.com/cuda.driver-version.full"
NVIDIA_DRIVER_PARTS_LABELS = (
    "nvidia.com/cuda.driver.major",
    "nvidia.com/cuda.driver.minor",
    "nvidia.com/cuda.driver.rev",
)
NVIDIA_MODEL_PREFIX = "NVIDIA-"
NVIDIA_SHARED_SUFFIX = "-SHARED"
NVIDIA_MIG_INFIX = "-MIG-"

# Cambricon: its device plugin. ``cambricon.com/mlu`` may be followed by a model (``mlu370``), both
# by one of the suffixes.
CAMBRICON_PREFIX = "cambricon.com/mlu"
CAMBRICON_MODEL_PREFIX = "MLU"
CAMBRICON_SHARE_SUFFIX = "share"
CAMBRICON_MIM_PREFIX = "mim-"
CAMBRICON_CORES_SUFFIX = "smlu.vcore"
CAMBRICON_MEMORY_SUFFIX = "smlu.vmemory"
CAMBRICON_MODEL_LABEL = "Model"
CAMBRICON_DRIVER_LABEL = "DriverVersion"
SMLU_PROFILE_ANNOTATION = "CAMBRICON_DSMLU_PROFILE"
SMLU_INSTANCE_ANNOTATION = "CAMBRICON_DSMLU_PROFILE_INSTANCE"
SMLU_ASSIGNED_ANNOTATIONS = ("CAMBRICON_DSMLU_ASSIGHED", "CAMBRICON_DSMLU_ASSIGNED")
"""The first spelling is the vendor's own, the second that of schedulers who mended it."""

# HAMi: its scheduler writes what it gave, its device plugins what there is.
HAMI_NVIDIA_REGISTER = "hami.io/node-nvidia-register"
HAMI_NVIDIA_ALLOCATED = "hami.io/vgpu-devices-allocated"
HAMI_CAMBRICON_ALLOCATED = "hami.io/cambricon-mlu-devices-allocated"
HAMI_NODE_ANNOTATION = "hami.io/vgpu-node"
HAMI_TIME_ANNOTATION = "hami.io/vgpu-time"
HAMI_GPU_MEMORY = "nvidia.com/gpumem"
HAMI_GPU_CORES = "nvidia.com/gpucores"
HAMI_CAMBRICON_DEVICE = "{node}-cambricon-mlu-{index}"
"""What HAMi takes for the UUID of a Cambricon card, which has none in Kubernetes."""

HAMI_FILTERING_EVENT = "FilteringFailed"

DRIVER_LABELS = (NVIDIA_DRIVER_LABEL, CAMBRICON_DRIVER_LABEL)
MODEL_LABELS = (NVIDIA_PRODUCT_LABEL, CAMBRICON_MODEL_LABEL)

# The product's own objects.
PRODUCT = "inference-ui"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
NAME_LABEL = "app.kubernetes.io/name"
COMPONENT_LABEL = "app.kubernetes.io/component"
INSTANCE_LABEL = "app.kubernetes.io/instance"
"""On everything of a workload, and what its pods are found by: the workload's name."""
OWNER_LABEL = "inference-ui/task"
"""The id of the task, service or trial that a workload is of."""
ATTEMPT_LABEL = "inference-ui/attempt"
WORKLOAD_ANNOTATION = "inference-ui/workload"
"""What the product must know of a workload after a restart, as JSON (``terms.Terms``)."""
SERVER = "server"
CLIENT = "client"
SELECTOR = f"{MANAGED_BY_LABEL}={PRODUCT}"
CLIENT_ACCOUNT = "inference-ui-client"
PORT_NAME = "http"

# What controllers write down.
DISRUPTION_CONDITION = "DisruptionTarget"
NOT_CREATED_EVENT = "FailedCreate"
