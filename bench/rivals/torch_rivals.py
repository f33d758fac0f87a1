"""The other side of `tilewright-bench rivals`: PyTorch's kernels (cuDNN, cuBLAS) on the GPU.

The number of the GPU is the first argument; without one, 0. One JSON object a line: requests on standard input, an answer to each on standard output, and before the
first request one line that says what is here. The process, and with it the CUDA context, stays until its
standard input ends. Whatever libraries print goes to standard error.

    here:     {"ready": {"torch": "2.11.0", "device": "...", "cudnn": "9.19.0", "cublas": "13.1.0"}}
    request:  {"prepare": {"id", "kind", "dtype", "protocol", "launches", "buffers", SIZES, "sample": [..]}}
    answer:   {"prepared": {"values": [..], "captured": true}}
    request:  {"round": {"replays": 4}}
    answer:   {"us": 12.5}
    either:   {"error": "one line"}

A case is `launches` launches in one CUDA graph; launch i reads the tensors of number i % `buffers`. `sample`
are elements of the result, of all buffers one after the other in the order that the case's kind states; a value
that is no finite number is null.
A round replays the graph, waits, and gives the time of one launch by the host's clock. `captured` is false
where a library refused to be captured: its launches are then queued one by one, which is said in the record.
"""

import json
import math
import os
import sys
import time

MASK = 0xFFFFFFFF


def integers(index, seed):
    """Element `index` of tensor `seed`: the sum of four bytes of a hash, centred: -510 to 510, nearly normal.

    For a number or for a tensor of int64. The hash is Wellons' "lowbias32"; bench/src/rivals/inputs.rs has the
    same numbers.
    """
    x = (index * 0x9E3779B1 + seed * 0x85EBCA6B) & MASK
    x = x ^ (x >> 16)
    x = (x * 0x7FEB352D) & MASK
    x = x ^ (x >> 15)
    x = (x * 0x846CA68B) & MASK
    x = x ^ (x >> 16)
    return (x & 255) + ((x >> 8) & 255) + ((x >> 16) & 255) + (x >> 24) - 510


def tensor(torch, device, seed, shape):
    """A bfloat16 tensor of `integers` / 128, made in pieces: the hash takes 64 bits an element."""
    count, piece = 1, 1 << 24
    for size in shape:
        count *= size
    out = torch.empty(count, dtype=torch.bfloat16, device=device)
    for start in range(0, count, piece):
        end = min(start + piece, count)
        index = torch.arange(start, end, dtype=torch.int64, device=device)
        out[start:end] = (integers(index, seed).to(torch.float32) / 128).to(torch.bfloat16)
    return out.view(shape)


class Case:
    """One contest's tensors, and its launches in a graph."""

    def __init__(self, torch, device, request):
        self.torch, self.device = torch, device
        self.launches, self.buffers = request["launches"], request["buffers"]
        if request["dtype"] != "bf16":
            raise ValueError("no case for the element type " + str(request["dtype"]))
        kinds = {"attention": self.attention, "matmul": self.matmul, "attention_decode": self.decode}
        if request["kind"] not in kinds:
            raise ValueError("no case of the kind " + str(request["kind"]))
        self.launch, self.result = kinds[request["kind"]](request)
        self.values = self.sampled(request["sample"])
        self.captured, self.replay = self.record(request["protocol"] == "hot")

    def attention(self, request):
        """Result: [batch, tokens, heads, head_dim]."""
        from torch.nn.functional import scaled_dot_product_attention

        shape = [request[key] for key in ("batch", "tokens", "heads", "head_dim")]
        q, k, v = (
            tensor(self.torch, self.device, seed, shape).transpose(1, 2).contiguous()
            for seed in (1, 2, 3)
        )
        causal = bool(request["causal"])

        def launch(_):
            return scaled_dot_product_attention(q, k, v, is_causal=causal)

        return launch, lambda out: out.transpose(1, 2)

    def decode(self, request):
        """Result of a buffer: [batch, heads, head_dim]."""
        from torch.nn.functional import scaled_dot_product_attention

        batch, heads, hd = (request[key] for key in ("batch", "heads", "head_dim"))
        rows = [batch, request["kv_heads"], request["context"], hd]
        q = tensor(self.torch, self.device, 1, [batch, heads, 1, hd])
        pairs = [
            [tensor(self.torch, self.device, 2 + 2 * i + which, rows) for which in (0, 1)]
            for i in range(self.buffers)
        ]

        def launch(i):
            k, v = pairs[i % self.buffers]
            return scaled_dot_product_attention(q, k, v, enable_gqa=heads != rows[1])

        return launch, lambda out: out

    def matmul(self, request):
        """Result: [m, n]."""
        m, n, k = (request[key] for key in ("m", "n", "k"))
        x = tensor(self.torch, self.device, 1, [m, k])
        w = tensor(self.torch, self.device, 2, [n, k]).t()
        out = self.torch.empty([m, n], dtype=self.torch.bfloat16, device=self.device)
        return (lambda _: self.torch.matmul(x, w, out=out)), (lambda out: out)

    def sampled(self, sample):
        """The sampled elements of the results of every buffer."""
        results = [self.result(self.launch(i)).reshape(-1) for i in range(self.buffers)]
        index = self.torch.tensor(sample, dtype=self.torch.int64, device=self.device)
        values = self.torch.cat(results)[index].to(self.torch.float64).tolist()
        # JSON has no other numbers.
        return [value if math.isfinite(value) else None for value in values]

    def record(self, may_fail):
        """Whether the launches are a graph, and what runs them."""
        cuda = self.torch.cuda

        def queue():
            for i in range(self.launches):
                self.launch(i)

        # What is built or allocated at first use is there before the capture.
        side = cuda.Stream()
        side.wait_stream(cuda.current_stream())
        with cuda.stream(side):
            for i in range(3):
                self.launch(i)
        cuda.current_stream().wait_stream(side)
        cuda.synchronize()
        graph = cuda.CUDAGraph()
        try:
            with cuda.graph(graph):
                queue()
            graph.replay()
            cuda.synchronize()
        except RuntimeError:
            if not may_fail:
                raise
            cuda.synchronize()
            return False, queue
        return True, graph.replay

    def round(self, replays):
        """Microseconds of a launch."""
        self.torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(replays):
            self.replay()
        self.torch.cuda.synchronize()
        return (time.perf_counter() - start) * 1e6 / (replays * self.launches)


def ready(torch, index):
    """What is here, once everything that is needed is; device `index` becomes the current one."""
    if not torch.cuda.is_available() or index >= torch.cuda.device_count():
        raise RuntimeError("PyTorch " + torch.__version__ + " finds no CUDA device %d" % index)
    torch.cuda.set_device(index)
    if torch.backends.cudnn.version() is None:
        raise RuntimeError("PyTorch " + torch.__version__ + " has no cuDNN")
    if not hasattr(torch.backends.cuda, "enable_cudnn_sdp"):
        raise RuntimeError("PyTorch " + torch.__version__ + " has no cuDNN attention; 2.5 or later has")
    # Attention is cuDNN's or an error, never another library's.
    torch.backends.cuda.enable_cudnn_sdp(True)
    torch.backends.cuda.enable_flash_sdp(False)
    torch.backends.cuda.enable_mem_efficient_sdp(False)
    torch.backends.cuda.enable_math_sdp(False)
    cudnn = torch.backends.cudnn.version()
    return {
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name(index),
        "cudnn": "%d.%d.%d" % (cudnn // 10000, cudnn // 100 % 100, cudnn % 100),
        "cublas": cublas(torch),
    }


def cublas(torch):
    """cuBLAS's own version; where it does not say, CUDA's."""
    import ctypes

    try:
        library = ctypes.CDLL("libcublas.so." + torch.version.cuda.split(".")[0])
        parts = []
        for part in range(3):
            value = ctypes.c_int()
            if library.cublasGetProperty(part, ctypes.byref(value)) != 0:
                raise OSError("cublasGetProperty")
            parts.append(str(value.value))
        return ".".join(parts)
    except (AttributeError, OSError):
        return "of CUDA " + str(torch.version.cuda)


def failure(error, warned=()):
    """One line: the error, and why before it (PyTorch tells in warnings why no kernel fits)."""
    texts = [str(error) or type(error).__name__] + [str(warning.message) for warning in warned]
    return {"error": " | ".join(" ".join(text.split()) for text in texts)[:600]}


def answer(torch, device, state, request):
    import warnings

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            if "prepare" in request:
                # The memory of the last case is free before this one's is taken.
                state["case"] = None
                torch.cuda.empty_cache()
                case = Case(torch, device, request["prepare"])
                state["case"] = case
                return {"prepared": {"values": case.values, "captured": case.captured}}
            if "round" in request and state["case"] is not None:
                return {"us": state["case"].round(request["round"]["replays"])}
            return {"error": "a request that is neither `prepare` nor, after it, `round`"}
        except Exception as error:
            return failure(error, warned)


def main():
    # Libraries print where they like; answers have a stream of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(line):
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    try:
        import torch

        here = ready(torch, int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    except Exception as error:
        say(failure(error))
        return 1
    say({"ready": here})
    state = {"case": None}
    with torch.no_grad():
        for line in sys.stdin:
            say(answer(torch, "cuda", state, json.loads(line)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
