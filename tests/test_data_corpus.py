"""De cada archivo del corpus sale exactamente lo que dice, o la frase que dice."""

import csv

import data_corpus
import pytest

from labsupport.base.errors import LabError
from labsupport.data.gathering import gather_rows


def list_rows(gathered):
    names = gathered.classes.names
    splits = gathered.splits.values()
    return [
        (text, names[label])
        for split in splits
        for text, label in zip(split.texts, split.labels, strict=True)
    ]


@pytest.mark.parametrize("case", data_corpus.CASES, ids=lambda case: case.why)
def test_each_file_gives_its_rows_or_its_sentence(case, tmp_path):
    path = case.write(tmp_path)
    limit = csv.field_size_limit()
    if case.says is not None:
        with pytest.raises(LabError, match=r"[.?]$") as caught:
            gather_rows(path, **case.options)
        assert case.says in str(caught.value)
        return
    gathered = gather_rows(path, **case.options)
    assert list_rows(gathered) == case.rows
    assert gathered.asides.total == case.aside, gathered.asides
    assert gathered.rows_read == len(case.rows) + case.aside
    assert case.notes in " ".join([*gathered.notes, *gathered.classes.notes])
    assert case.classes in (None, gathered.classes.names)
    assert csv.field_size_limit() == limit


def test_the_corpus_is_large_and_its_names_are_unique():
    names = [case.why for case in data_corpus.CASES]
    assert len(names) == len(set(names)) >= 90
