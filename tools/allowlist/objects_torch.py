"""PyTorch: tensors of every kind, every module, optimisers and schedules with state."""

import collections
import sys
from typing import Any, Iterator, Tuple

import numpy as np
import torch
from torch import nn

_ARGUMENTS = [
    (),
    (4,),
    (4, 4),
    (4, 4, 3),
    (2, 4, 2),
    (4, 4, 4),
    (1, 2, 3, 4),
    ((2, 2),),
    ([4],),
    (0.5,),
    (2, 2.0),
    (4, 2, 2, 8),
    (nn.Linear(2, 2), 2),
    ([nn.Linear(2, 2)],),
    ({"a": nn.Linear(2, 2)},),
    (8, 8, (3,), (1,), 2),
    (4, [2, 3]),
    (8, 20, [5, 10]),
    (0, 1),
    (1, (2, 2)),
]


def _tensors() -> Iterator[Tuple[str, Any]]:
    for name in (
        "float16",
        "float32",
        "float64",
        "bfloat16",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "bool",
        "complex64",
        "complex128",
        "float8_e4m3fn",
        "float8_e5m2",
        "uint16",
        "uint32",
        "uint64",
    ):
        dtype = getattr(torch, name, None)
        if dtype is None:
            continue
        yield "dtype " + name, dtype
        try:
            value = torch.ones(2, 2).to(dtype)
        except Exception:  # noqa: BLE001
            continue
        yield "tensor " + name, value
        yield "storage " + name, value.storage()
        if dtype.is_floating_point:
            yield "parameter " + name, nn.Parameter(value)
            yield "gradient " + name, value.clone().requires_grad_()
    yield "buffer", nn.Buffer(torch.ones(1)) if hasattr(nn, "Buffer") else 0
    yield "parameter with attribute", setattr_on(nn.Parameter(torch.ones(1)))
    yield "tensor with attribute", setattr_on(torch.ones(1))
    eye = torch.eye(3)
    yield "sparse", eye.to_sparse()
    for maker in ("to_sparse_csr", "to_sparse_csc"):
        if hasattr(eye, maker):
            yield maker, getattr(eye, maker)()
    for block in ("to_sparse_bsr", "to_sparse_bsc"):
        if hasattr(torch.ones(4, 4), block):
            yield block, getattr(torch.ones(4, 4), block)((2, 2))
    yield "quantised", torch.quantize_per_tensor(eye, 0.1, 0, torch.qint8)
    yield (
        "quantised by channel",
        torch.quantize_per_channel(eye, torch.ones(3), torch.zeros(3), 0, torch.quint8),
    )
    yield "meta", torch.empty(2, device="meta")
    yield "view", torch.arange(12.0).reshape(3, 4)[1:, ::2]
    yield "conjugate", torch.ones(2, dtype=torch.complex64).conj()
    yield "negative", torch.ones(2, dtype=torch.complex64).conj().imag
    yield (
        "nested",
        torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
        if hasattr(torch, "nested")
        else 0,
    )
    for layout in ("strided", "sparse_coo", "sparse_csr"):
        yield "layout", getattr(torch, layout)
    yield "memory format", [torch.contiguous_format, torch.channels_last, torch.preserve_format]
    yield "scheme", [torch.per_tensor_affine, torch.per_channel_affine]
    yield "device", [torch.device("cpu"), torch.device("cuda", 0), torch.device("cuda")]
    yield "size", torch.Size([1, 2])
    yield "numpy", {"a": torch.ones(2).numpy(), "s": np.float32(1)}
    yield "generator state", torch.get_rng_state()
    yield "finfo", [torch.finfo(torch.float32).eps]
    yield "packed", nn.utils.rnn.pack_sequence([torch.ones(3), torch.ones(2)])
    for name in (
        "FloatTensor",
        "DoubleTensor",
        "HalfTensor",
        "LongTensor",
        "IntTensor",
        "ByteTensor",
        "BoolTensor",
    ):
        yield "tensor type", getattr(torch, name)
    names = (
        "relu relu_ sigmoid tanh softmax log_softmax sum mean add sub mul div matmul mm bmm cat stack zeros ones "
        "exp log log1p sqrt rsqrt abs square pow sin cos max min argmax argmin flatten squeeze clamp norm "
        "logsumexp selu celu prelu rrelu hardshrink dropout layer_norm batch_norm cosine_similarity "
        "pairwise_distance erf where maximum minimum neg reciprocal round floor ceil"
    )
    for name in names.split():
        yield "function " + name, getattr(torch, name)
    for name in (
        "relu",
        "gelu",
        "silu",
        "leaky_relu",
        "elu",
        "softmax",
        "mse_loss",
        "cross_entropy",
        "interpolate",
        "sigmoid",
        "tanh",
    ):
        yield "function", getattr(nn.functional, name)
    yield "initialisers", [nn.init.xavier_uniform_, nn.init.zeros_, nn.init.normal_]


def setattr_on(tensor: Any) -> Any:
    tensor.note = "x"
    return tensor


def _modules() -> Iterator[Tuple[str, Any]]:
    spaces = [("nn", nn)]
    for path in (
        "ao.nn.quantized",
        "nn.quantized",
        "ao.nn.qat",
        "ao.nn.quantizable",
        "ao.nn.quantized.dynamic",
        "nn.intrinsic",
        "ao.nn.intrinsic",
        "nn.modules",
    ):
        space = torch
        for part in path.split("."):
            space = getattr(space, part, None)
        if space is not None:
            spaces.append((path, space))
    seen = set()
    for path, space in spaces:
        for name in sorted(dir(space)):
            cls = getattr(space, name)
            if not isinstance(cls, type) or not issubclass(cls, nn.Module) or cls in seen:
                continue
            seen.add(cls)
            for arguments in _ARGUMENTS:
                try:
                    made = cls(*arguments)
                except Exception:  # noqa: BLE001 (other arguments are wanted)
                    continue
                yield path + "." + name, made
                break
    yield "transformer", nn.Transformer(4, 2, 1, 1, 4)
    yield (
        "encoder",
        nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, 4, activation="gelu"), 1, nn.LayerNorm(4)
        ),
    )
    yield "decoder", nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 4), 1)
    yield "weight norm", nn.utils.weight_norm(nn.Linear(2, 2))
    yield "spectral norm", nn.utils.spectral_norm(nn.Linear(2, 2))
    parametrisations = getattr(nn.utils, "parametrizations", None)
    if parametrisations is not None:
        for name in ("weight_norm", "spectral_norm", "orthogonal"):
            if hasattr(parametrisations, name):
                yield "parametrised", getattr(parametrisations, name)(nn.Linear(2, 2)).state_dict()
    import torch.nn.utils.prune as prune

    yield "pruned", prune.l1_unstructured(nn.Linear(4, 4), "weight", 0.5)
    quantise = getattr(torch, "quantization", None) or torch.ao.quantization
    yield (
        "dynamically quantised",
        quantise.quantize_dynamic(nn.Sequential(nn.Linear(4, 4), nn.LSTM(4, 4)), dtype=torch.qint8),
    )
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Linear(2, 2))
    model.qconfig = quantise.get_default_qconfig("fbgemm")
    prepared = quantise.prepare(model)
    prepared[0](torch.ones(1, 1, 4, 4))
    yield "prepared for quantisation", prepared
    hooked = nn.Linear(2, 2)
    hooked(torch.ones(1, 2)).sum().backward()
    yield "with gradients", hooked
    yield "state", collections.OrderedDict(hooked.state_dict())
    yield "parallel", nn.DataParallel(nn.Linear(2, 2))
    try:
        from torch.optim.swa_utils import AveragedModel

        yield "averaged", AveragedModel(nn.Linear(2, 2))
    except Exception:  # noqa: BLE001
        pass


def _optimisers() -> Iterator[Tuple[str, Any]]:
    for name in sorted(dir(torch.optim)):
        cls = getattr(torch.optim, name)
        if (
            not isinstance(cls, type)
            or not issubclass(cls, torch.optim.Optimizer)
            or cls is torch.optim.Optimizer
        ):
            continue
        weights = nn.Embedding(4, 2, sparse=True) if name == "SparseAdam" else nn.Linear(4, 2)
        try:
            optimiser = cls(weights.parameters(), lr=0.1)
            value = (
                weights(torch.tensor([1])) if name == "SparseAdam" else weights(torch.ones(1, 4))
            )
            value.sum().backward()
            optimiser.step((lambda: value.sum()) if name == "LBFGS" else None)
        except Exception:  # noqa: BLE001
            continue
        yield name, optimiser
        yield name + " state", optimiser.state_dict()
    schedules = torch.optim.lr_scheduler
    optimiser = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1, momentum=0.9)
    for name, arguments in (
        ("StepLR", (2,)),
        ("MultiStepLR", ([1, 2],)),
        ("ExponentialLR", (0.9,)),
        ("CosineAnnealingLR", (5,)),
        ("ReduceLROnPlateau", ()),
        ("CyclicLR", (0.1, 0.2)),
        ("OneCycleLR", (0.1, 10)),
        ("CosineAnnealingWarmRestarts", (5,)),
        ("ConstantLR", ()),
        ("LinearLR", ()),
        ("PolynomialLR", ()),
    ):
        if hasattr(schedules, name):
            made = getattr(schedules, name)(optimiser, *arguments)
            yield name, made.state_dict()
            yield name + " itself", made
    yield "scaler", torch.cuda.amp.GradScaler(enabled=False).state_dict()


def _data() -> Iterator[Tuple[str, Any]]:
    from torch.utils import data

    rows = data.TensorDataset(torch.ones(4, 2))
    yield "data sets", [rows, data.Subset(rows, [0, 1]), data.ConcatDataset([rows, rows])]
    yield (
        "samplers",
        [data.SequentialSampler(rows), data.BatchSampler(data.SequentialSampler(rows), 2, False)],
    )
    half = torch.tensor([0.5])
    for name, count in (
        ("Normal", 2),
        ("Categorical", 1),
        ("Bernoulli", 1),
        ("Beta", 2),
        ("Poisson", 1),
        ("Gamma", 2),
    ):
        yield "distribution " + name, getattr(torch.distributions, name)(*[half] * count)


def _vision() -> Iterator[Tuple[str, Any]]:
    from torchvision import models, transforms

    for name in (
        "alexnet",
        "resnet18",
        "mobilenet_v2",
        "mobilenet_v3_small",
        "squeezenet1_1",
        "densenet121",
        "googlenet",
        "shufflenet_v2_x0_5",
        "mnasnet0_5",
        "efficientnet_b0",
        "regnet_y_400mf",
        "convnext_tiny",
        "vit_b_32",
        "swin_t",
    ):
        maker = getattr(models, name, None)
        if maker is None:
            continue
        options = {"init_weights": False} if name == "googlenet" else {}
        with torch.no_grad():
            yield "vision " + name, maker(**options).apply(_shrink)
    yield (
        "transforms",
        transforms.Compose(
            [
                transforms.Resize(4),
                transforms.ToTensor(),
                transforms.Normalize([0.5], [0.5]),
                transforms.RandomHorizontalFlip(),
                transforms.CenterCrop(2),
                transforms.ColorJitter(0.1),
            ]
        ),
    )


def _shrink(module: nn.Module) -> None:
    """Empties the weights: only the names matter here."""
    for name, parameter in list(module._parameters.items()):
        if parameter is not None:
            module._parameters[name] = nn.Parameter(torch.empty(0))


def _ultralytics() -> Iterator[Tuple[str, Any]]:
    from ultralytics.nn import tasks

    for name, cls in (
        ("yolov8n.yaml", "DetectionModel"),
        ("yolov8n-seg.yaml", "SegmentationModel"),
        ("yolov8n-cls.yaml", "ClassificationModel"),
        ("yolov8n-pose.yaml", "PoseModel"),
        ("yolov5n.yaml", "DetectionModel"),
        ("yolov10n.yaml", "DetectionModel"),
        ("yolo11n.yaml", "DetectionModel"),
        ("yolov9t.yaml", "DetectionModel"),
    ):
        try:
            model = getattr(tasks, cls)(name, verbose=False)
        except Exception:  # noqa: BLE001
            continue
        yield name, model.apply(_shrink)


def _timm() -> Iterator[Tuple[str, Any]]:
    import timm

    for name in (
        "resnet18",
        "vit_tiny_patch16_224",
        "efficientnet_b0",
        "convnext_atto",
        "mobilenetv3_small_050",
        "swin_tiny_patch4_window7_224",
    ):
        yield name, timm.create_model(name, pretrained=False).apply(_shrink)


def make() -> Iterator[Tuple[str, Any]]:
    for source in (_tensors, _modules, _optimisers, _data, _vision, _ultralytics, _timm):
        generator = source()
        while True:
            try:
                yield next(generator)
            except StopIteration:
                break
            except Exception as error:  # noqa: BLE001 (a package that is not here, another version)
                print("  %s ended: %r" % (source.__name__, error), file=sys.stderr)
                break
