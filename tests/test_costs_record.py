"""Lo que costó cada receta se guarda entero, se lee igual y sale en el informe."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from labsupport.base.errors import LabError
from labsupport.base.run_record import RESULTS, write_record
from labsupport.costs.record import COLUMNS, read_costs, save_costs
from labsupport.report.run_report import render_report
from labsupport.settings import check_parameters

TABLE = pd.DataFrame(
    [(90.0, 1.0, 800.0, 1000, 4.5, 0.25, "estimada"), (6.0, 15.0, None, 10, 0.1, 0.02, "estimada")],
    index=["original", "solo el <head>"],
    columns=[*COLUMNS, "energy"],
)


def test_what_is_saved_is_what_is_read(private_results):
    path = save_costs(TABLE, check_parameters({}))
    assert path.parent == private_results and path.name == "costos-mini.json"
    costs = read_costs(path)
    assert costs.energy == "estimada" and list(costs.rows) == list(TABLE.index)
    assert costs.rows["original"]["seconds"] == 90


def test_a_table_without_a_column_is_not_saved(private_results):
    with pytest.raises(LabError, match="le falta «mib»"):
        save_costs(TABLE.drop(columns="mib"), check_parameters({}))
    assert not list(private_results.glob("*"))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"kind": "otro", "schema_version": 1}'])
def test_a_broken_table_is_told(tmp_path, content):
    path = tmp_path / "costos-mini.json"
    path.write_text(content)
    with pytest.raises(LabError, match="costos-mini.json no es una tabla de costos"):
        read_costs(path)


def test_the_report_shows_them_and_tells_the_broken_ones(tmp_path, monkeypatch):
    own = tmp_path / RESULTS / "07_gastar_menos"
    own.mkdir(parents=True)
    monkeypatch.setenv("LAB_RESULTS_DIR", str(own))
    path = save_costs(TABLE, check_parameters({}))
    write_record(tmp_path, {"notebooks": []})
    page = render_report(tmp_path)
    assert "Lo que cuesta cada receta" in page and "solo el &lt;head&gt;" in page
    assert "15,0" in page and "—" in page and "no es un archivo de predicciones" not in page
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "rows": {"original": {}}}), encoding="utf-8")
    page = render_report(tmp_path)
    assert "Lo que cuesta cada receta" not in page and "está dañada" in page
