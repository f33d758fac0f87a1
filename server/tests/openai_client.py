"""The official `openai` client against a server: openai_client.py URL KEY

Every check prints one line; the first that fails ends the program with its traceback.
"""

import json
import sys
import time
import urllib.request

import httpx
import jsonschema
import openai

URL, KEY = sys.argv[1:3]
client = openai.OpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=0, timeout=120)
MODEL = client.models.list().data[0].id
EXACT = {"ignore_eos": True}


def said(text):
    return [{"role": "user", "content": text}]


def chat(text="hello", **more):
    return client.chat.completions.create(model=MODEL, messages=said(text), **more)


def metric(name):
    request = urllib.request.Request(URL + "/metrics", headers={"authorization": "Bearer " + KEY})
    text = urllib.request.urlopen(request).read().decode()
    return float(next(l.split()[1] for l in text.splitlines() if l.startswith(f"tilewright_{name} ")))


def check_models():
    assert MODEL == "tiny" and client.models.retrieve(MODEL).object == "model"


def check_chat_and_usage():
    answer = chat(max_completion_tokens=9, seed=1, extra_body=EXACT)
    choice = answer.choices[0]
    assert choice.finish_reason == "length" and choice.message.role == "assistant"
    usage = answer.usage
    assert usage.completion_tokens == 9
    assert usage.total_tokens == usage.prompt_tokens + 9
    assert usage.prompt_tokens_details.cached_tokens == 0


def check_streaming():
    options = {"max_tokens": 25, "seed": 2, "extra_body": EXACT}
    whole = chat("stream", **options)
    chunks = list(chat("stream", stream=True, stream_options={"include_usage": True}, **options))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    # The client hides it: the last event must be [DONE].
    body = {"model": MODEL, "messages": said("x"), "max_tokens": 3, "stream": True}
    headers = {"authorization": "Bearer " + KEY}
    raw = httpx.post(URL + "/v1/chat/completions", json=body, headers=headers, timeout=120)
    assert raw.text.endswith("data: [DONE]\n\n") and raw.text.count("[DONE]") == 1


def check_choices():
    answer = chat("two", n=2, max_tokens=12, seed=5, extra_body=EXACT)
    assert [c.index for c in answer.choices] == [0, 1]
    lone = chat("two", max_tokens=12, seed=6, extra_body=EXACT)
    assert answer.choices[1].message.content == lone.choices[0].message.content


def check_stop():
    text = chat("stop", max_tokens=60, seed=3, extra_body=EXACT).choices[0].message.content
    letter = [c for c in text if c.isascii()][4]
    stopped = chat("stop", max_tokens=60, seed=3, stop=[letter], extra_body=EXACT).choices[0]
    assert stopped.message.content == text[: text.index(letter)]
    assert stopped.finish_reason == "stop"


def check_logprobs():
    answer = chat("p", max_tokens=4, temperature=0, logprobs=True, top_logprobs=3, extra_body=EXACT)
    content = answer.choices[0].logprobs.content
    assert len(content) == 4
    for entry in content:
        assert len(entry.top_logprobs) == 3 and entry.logprob == entry.top_logprobs[0].logprob
    old = client.completions.create(model=MODEL, prompt="ab", max_tokens=2, logprobs=2, echo=True)
    assert old.choices[0].text.startswith("ab")
    assert old.choices[0].logprobs.token_logprobs[0] is None
    assert len(old.choices[0].logprobs.tokens) == len(old.choices[0].logprobs.text_offset)


SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 8, "pattern": "^[a-z]+$"},
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 3},
    },
    "required": ["name", "age", "tags"],
    "additionalProperties": False,
}


def check_json_schema():
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA, "strict": True}}
    for seed in range(5):
        answer = chat("json", response_format=form, seed=seed, max_tokens=400)
        assert answer.choices[0].finish_reason == "stop"
        jsonschema.validate(json.loads(answer.choices[0].message.content), SCHEMA)


def check_tools():
    function = {"name": "register", "description": "Registers a person", "parameters": SCHEMA}
    tools = [{"type": "function", "function": function}]
    choice = {"type": "function", "function": {"name": "register"}}
    answer = chat("tools", tools=tools, tool_choice=choice, seed=1, max_tokens=400).choices[0]
    assert answer.finish_reason == "tool_calls"
    call = answer.message.tool_calls[0]
    assert call.function.name == "register"
    jsonschema.validate(json.loads(call.function.arguments), SCHEMA)
    follow_up = said("tools") + [
        answer.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "done"},
    ]
    after = client.chat.completions.create(model=MODEL, messages=follow_up, max_tokens=2, tools=tools)
    assert after.choices[0].message.role == "assistant"


def check_cancellation():
    before = metric("generated_tokens_total")
    stream = chat("long", stream=True, n=16, max_tokens=3000, extra_body=EXACT)
    for _, chunk in zip(range(40), stream):
        assert chunk.choices
    stream.close()
    deadline = time.monotonic() + 60
    while metric("running_sequences") or metric("kv_cache_free_pages") < metric("kv_cache_pages"):
        assert time.monotonic() < deadline, "the request goes on"
        time.sleep(0.05)
    assert metric("generated_tokens_total") - before < 16 * 3000


def fails(kind, code, **more):
    try:
        chat(**more)
    except openai.APIStatusError as error:
        assert isinstance(error, kind), (kind, error)
        assert error.body["message"] and "param" in error.body and error.type, error.body
        assert error.code == code, (error.code, code)
        return
    raise AssertionError(f"{kind} was expected")


def check_errors():
    bad = openai.BadRequestError
    fails(bad, None, temperature=9)
    fails(bad, None, n=0)
    fails(bad, None, max_tokens=10**9)
    fails(bad, None, extra_body={"stop": 5})
    fails(bad, None, response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "y"}}})
    fails(bad, "context_length_exceeded", text="x" * 5000)
    wrong = openai.OpenAI(base_url=URL + "/v1", api_key="wrong", max_retries=0)
    try:
        wrong.models.list()
        raise AssertionError("the key was taken")
    except openai.AuthenticationError as error:
        assert error.code == "invalid_api_key"
    for call, code in [
        (lambda: client.completions.create(model="other", prompt="x"), "model_not_found"),
        (lambda: client.models.retrieve("other"), "model_not_found"),
        (lambda: client.embeddings.create(model=MODEL, input="x"), "not_found"),
    ]:
        try:
            call()
            raise AssertionError("404 was expected")
        except openai.NotFoundError as error:
            assert error.code == code
    headers = {"authorization": "Bearer " + KEY, "content-type": "application/json"}
    path = URL + "/v1/completions"
    assert httpx.post(path, content=b"{", headers=headers).status_code == 400
    assert httpx.post(path, content=b'{"prompt": "\xff"}', headers=headers).status_code == 400
    assert httpx.post(path, content=b" " * (17 << 20), headers=headers).status_code == 413


def check_queue():
    # Eight sequences run, four wait: the thirteenth choice is refused.
    stream = chat("queue", stream=True, n=12, max_tokens=3000, extra_body=EXACT)
    next(iter(stream))
    try:
        fails(openai.RateLimitError, "queue_full", max_tokens=1)
    finally:
        stream.close()


CHECKS = [
    check_models,
    check_chat_and_usage,
    check_streaming,
    check_choices,
    check_stop,
    check_logprobs,
    check_json_schema,
    check_tools,
    check_cancellation,
    check_errors,
    check_queue,
]
for check in CHECKS:
    began = time.monotonic()
    check()
    print(f"ok {check.__name__} ({time.monotonic() - began:.2f} s)", flush=True)
print(f"{len(CHECKS)} checks passed with openai {openai.__version__}")
