"""The common job with `rlms`: python rlms.py URL TEXT_FILE MODEL... prints {"version", "ms": [...]} as its last line."""

import importlib.metadata
import json
import sys
import time

from rlm import RLM

url, file, *models = sys.argv[1:]
text = open(file, encoding="utf-8").read()
times = []
for model in models:
    rlm = RLM(
        backend="openai",
        backend_kwargs={"model_name": model, "base_url": url, "api_key": "bench"},
        environment="local",
        max_iterations=10,
    )
    started = time.perf_counter()
    answer = rlm.completion(text, root_prompt="How much is there?").response
    times.append((time.perf_counter() - started) * 1000)
    if answer.strip() != model.split(".")[1]:
        raise SystemExit(f"rlms answered {answer!r}")
print(json.dumps({"version": importlib.metadata.version("rlms"), "ms": times}))
