"""A Markdown file → its front matter and its body; a sidecar (`file.docx.yaml`) → its keys."""

from collections.abc import Mapping
from pathlib import Path

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler

from knowledge.readers import fields
from knowledge.readers.draft import Unusable
from knowledge.readers.files import UNREADABLE, decoded, measured


def read(path: Path) -> tuple[Mapping[str, object], str]:
    """Front matter (empty without one) and body. Raises Unusable."""
    text = _text(path)
    if not text.lstrip().startswith("---"):  # the parser would take two rules anywhere in the text for front matter
        return {}, text
    try:
        return frontmatter.parse(text, handler=YAMLHandler())
    except yaml.YAMLError as error:
        raise Unusable(f"front matter 的 {_where(error)}") from error
    except (ValueError, TypeError, RecursionError) as error:  # an impossible date, an unhashable key, endless nesting
        raise Unusable("front matter 里有写不对的值（例如不存在的日期），请逐项核对。") from error


def sidecar(path: Path) -> Mapping[str, object]:
    """The keys beside a file that has no front matter of its own. Raises Unusable, with the sidecar's name."""
    try:
        found = yaml.safe_load(_text(path))
        fields.spelt(found if isinstance(found, dict) else ())
    except Unusable as error:
        raise Unusable(f"旁边的 {path.name}：{error}") from error
    except yaml.YAMLError as error:
        raise Unusable(f"旁边的 {path.name} 的 {_where(error)}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise Unusable(f"旁边的 {path.name} 里有写不对的值（例如不存在的日期），请逐项核对。") from error
    if not isinstance(found, dict):
        raise Unusable(f"旁边的 {path.name} 要写成一行一项，例如 title: 客厅地毯怎么选。")
    return {str(key): value for key, value in found.items()}


def _text(path: Path) -> str:
    measured(path)
    try:
        return decoded(path.read_bytes())
    except OSError as error:
        raise Unusable(UNREADABLE) from error


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"第 {mark.line + 1} 行附近" if mark else "里面"
    return f"YAML 写法有误（{where}），请检查冒号后的空格、引号和缩进。"
