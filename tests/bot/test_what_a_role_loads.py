"""What a process does not need for its role it does not load: memory on every machine, seconds at every start."""

import json
import subprocess
import sys

import pytest

BUILDERS_AND_MODELS = {
    "langchain",
    "langchain_core",
    "langchain_openai",
    "langchain_text_splitters",
    "onnxruntime",
    "tokenizers",
    "docx",
    "pypdf",
    "openpyxl",
    "PIL",
    "watchfiles",
    "sklearn",
    "wordfreq",
}
ANSWERING = {
    "knowledge.library",
    "knowledge.danger",
    "knowledge.classify",
    "handlers.policy",
    "chromadb",
    "tantivy",
    "rjieba",
    "pypinyin",
    "numpy",
    "wechatpy",
    "markdown_it",
}


@pytest.mark.parametrize(
    ("modules", "not_needed"),
    [
        ("bot.cli.serving", BUILDERS_AND_MODELS | ANSWERING),
        ("bot.app", BUILDERS_AND_MODELS | {"chromadb"}),  # it comes when vectors are opened
    ],
    ids=["web", "all"],
)
def test_a_role_does_not_load_what_it_does_not_need(modules: str, not_needed: set[str]) -> None:
    program = f"import bot.cli, {modules}, json, sys; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert not_needed & set(json.loads(ran.stdout)) == set()
