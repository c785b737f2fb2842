"""Medir por rondas, contar operaciones y energía: las cuentas salen y los fallos se explican."""

import contextlib
import sys
import time
import types

import pytest
import torch

from labsupport.base.errors import LabError
from labsupport.costs import count_flops, energy, has_fast_bf16, measure_peak, measure_rounds
from labsupport.costs.energy import EnergyMeter, compute_emissions, find_counters
from labsupport.costs.recipes import Recipe, list_recipes
from labsupport.costs.timing import ResidentMemory

LIMIT = 1_000_000_000


def make_zone(root, name, kind, value=500):
    """Una carpeta como las de /sys/class/powercap; devuelve su contador."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{kind}\n")
    (folder / "max_energy_range_uj").write_text(f"{LIMIT}\n")
    (folder / "energy_uj").write_text(f"{value}\n")
    return folder / "energy_uj"


@pytest.fixture
def powercap(tmp_path, monkeypatch):
    """Una máquina con dos procesadores que publican lo que gastan, y sus zonas de dentro."""
    counters = [make_zone(tmp_path, f"intel-rapl:{n}", f"package-{n}") for n in (0, 1)]
    make_zone(tmp_path, "intel-rapl:0:0", "core", 999)
    make_zone(tmp_path, "intel-rapl:2", "psys", 999)
    monkeypatch.setattr(energy, "find_counters", lambda: find_counters(tmp_path))
    return counters


def test_rounds_alternate_in_order():
    seen = []

    def make(name):
        return lambda: seen.append(name) or 4

    table = measure_rounds({"uno": make("a"), "dos": make("b")}, rounds=2, peak=100.0)
    # Dos de calentar cada una (memoria y operaciones) y después, alternadas.
    assert seen == list("aabb") + list("abab")
    assert table.loc["uno", "times"] == 1 and (table["share"] == 0).all()
    assert set(table["energy"]) <= {"medida", "estimada"}
    assert (table["ms_min"] <= table["ms"]).all() and (table["ms"] <= table["ms_max"]).all()


def test_what_opens_a_variant_is_not_timed():
    opened = []

    class Stage(contextlib.AbstractContextManager):
        def __enter__(self):
            opened.append(True)
            time.sleep(0.05)
            return lambda: 10

        def __exit__(self, *error):
            opened.pop()

    table = measure_rounds({"uno": Stage()}, rounds=3)
    assert table.loc["uno", "ms_max"] < 5 and not opened


@pytest.mark.parametrize("answer", [0, None, True, "4"])
def test_a_variant_must_say_how_many_examples_it_saw(answer):
    with pytest.raises(LabError, match="cuántos ejemplos"):
        measure_rounds({"uno": lambda: answer})


def test_nothing_to_measure_is_said():
    for variants, rounds in (({}, 3), ({"uno": lambda: 1}, 0)):
        with pytest.raises(LabError, match="No hay nada que medir"):
            measure_rounds(variants, rounds)


def test_flops_count_matrices_backward_and_attention():
    weights = torch.ones(4, 5, requires_grad=True)
    flops, _ = count_flops(lambda: (torch.ones(3, 4) @ weights).sum().backward())
    assert flops == 2 * 120
    query = torch.ones(1, 2, 7, 8)
    attention = torch.nn.functional.scaled_dot_product_attention
    flops, _ = count_flops(lambda: attention(query, query, query))
    assert flops == 2 * (2 * 2 * 7 * 8 * 7)


def test_a_model_costs_more_to_train_than_to_use():
    layer = torch.nn.Linear(32, 32)
    forward, _ = count_flops(lambda: layer(torch.ones(8, 32)))
    both, _ = count_flops(lambda: layer(torch.ones(8, 32)).sum().backward())
    assert forward == 2 * 8 * 32 * 32 and both == 2 * forward


def test_the_peak_of_the_machine_is_measured_once():
    first = measure_peak("fp32", rounds=1)
    assert first > 0 and measure_peak("fp32", rounds=1) == first
    assert has_fast_bf16("mps") is False


def test_memory_that_a_block_adds_is_seen():
    with ResidentMemory(interval=0.001) as memory:
        block = bytes(range(256)) * (64 * 4096)
    assert 60 < memory.mib < 200 and len(block) == 2**26


def test_memory_of_a_gpu_is_what_torch_reserves(monkeypatch):
    for name, value in (("memory_allocated", 2**20), ("max_memory_allocated", 5 * 2**20)):
        monkeypatch.setattr(torch.cuda, name, lambda value=value: value)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    assert measure_rounds({"uno": lambda: 1}, device="cuda").loc["uno", "mib"] == 4


def test_counters_are_read_where_there_are(powercap):
    with EnergyMeter() as meter:
        for counter in powercap:
            counter.write_text(f"{500 + 1_800_000}\n")
    assert meter.measured and meter.joules == pytest.approx(3.6)
    assert meter.watt_hours == pytest.approx(0.001) and "RAPL" in meter.how


def test_a_counter_that_wraps_is_not_negative(powercap):
    powercap[0].write_text(f"{LIMIT - 1_000_000}\n")
    with EnergyMeter() as meter:
        powercap[0].write_text("1000000\n")
    assert meter.joules == pytest.approx(2.0)


def test_a_long_block_loses_no_turn(powercap, monkeypatch):
    monkeypatch.setattr(energy, "WATCH_SECONDS", 0.005)
    with EnergyMeter() as meter:
        for value in (LIMIT // 2, LIMIT - 1, LIMIT // 2, 500):
            powercap[0].write_text(f"{value}\n")
            time.sleep(0.1)
    assert meter.joules == pytest.approx(2 * LIMIT / 1e6, rel=0.01)


@pytest.mark.parametrize("damage", ["missing", "garbage"])
def test_unreadable_counters_mean_an_estimate(powercap, damage):
    for counter in powercap:
        counter.unlink() if damage == "missing" else counter.write_text("?")
    with EnergyMeter(watts_per_core=7) as meter:
        sum(range(10_000))
    assert not meter.measured and "Estimación" in meter.how and "7,0 W" in meter.how


def test_a_counter_that_denies_permission_is_skipped(powercap, monkeypatch):
    def deny(counter):
        raise PermissionError(13, "Permission denied", str(counter.path))

    monkeypatch.setattr(energy.Counter, "read", deny)
    with EnergyMeter() as meter:
        pass
    assert not meter.measured


def test_the_estimate_is_processor_seconds_by_watts(monkeypatch):
    monkeypatch.setattr(energy, "find_counters", list)
    seconds = iter([10.0, 12.5])
    monkeypatch.setattr(energy, "_cpu_seconds", lambda: next(seconds))
    with EnergyMeter(watts_per_core=4) as meter:
        pass
    assert meter.joules == 10 and "2,5 s de procesador" in meter.how


def test_a_gpu_is_counted_with_its_library_and_named_without_it(monkeypatch):
    monkeypatch.setattr(energy, "find_counters", list)
    monkeypatch.setattr(energy, "_has_gpu", lambda: True)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with EnergyMeter() as meter:
        pass
    assert "falta la GPU" in meter.how
    readings = iter([0, 1000, 9000])
    fake = types.SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda number: number,
        nvmlDeviceGetTotalEnergyConsumption=lambda gpu: next(readings),
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    with EnergyMeter(watts_per_core=1e-9) as meter:
        pass
    assert meter.joules == pytest.approx(8) and "1 GPU" in meter.how


@pytest.mark.parametrize("watts", [0, -1, float("nan")])
def test_watts_that_cannot_be(watts):
    with pytest.raises(LabError, match="mayor que cero"):
        EnergyMeter(watts)


def test_emissions_need_the_factor_of_your_grid():
    assert compute_emissions(1000, 300) == pytest.approx(0.3)
    with pytest.raises(LabError, match="negativos"):
        compute_emissions(1, -1)
    with pytest.raises(TypeError):
        compute_emissions(1)


@pytest.mark.parametrize(
    "wrong", [{"precision": "fp16"}, {"kept": True}, {"rate": 0.0}, {"head_only": "cls"}]
)
def test_recipes_that_cannot_be(wrong):
    with pytest.raises(LabError):
        Recipe(128, **wrong)


def test_recipes_fit_the_model_and_the_machine():
    assert "y bf16" not in list_recipes(512, 6)
    assert list_recipes(512, 6, bf16=True)["y bf16"].precision == "bf16"
    assert not any(each.frozen for each in list_recipes(512, 0).values())
    assert all(each.frozen < 2 for each in list_recipes(512, 2).values())
    assert {each.max_length for each in list_recipes(512, 6).values()} == {512, 256, 128}
