"""The kinds of panels that the dashboard has, on Grafana's own builders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from grafana_foundation_sdk.builders import (
    common as options,
)
from grafana_foundation_sdk.builders import (
    dashboard,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${datasource}")

Query = tuple[str, str]
"""An expression, and the legend of its series."""
Shade = tuple[float | None, str]
"""A colour and the value from which it is shown, None for the lowest."""
Panel = timeseries.Panel | stat.Panel | statetimeline.Panel | heatmap.Panel

_HEIGHT: Final = 8


def variable(name: str, label: str, query: str) -> dashboard.QueryVariable:
    """Choose some values of a label, or all of them."""
    everything = models.VariableOption(text="All", value="$__all", selected=True)
    variable = dashboard.QueryVariable(name).label(label).datasource(SOURCE).query(query)
    variable.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
    variable.sort(models.VariableSort.ALPHABETICAL_ASC)
    variable.multi(multi=True).include_all(include_all=True).all_value(".*")
    return variable.current(everything)


def chart(
    title: str,
    meaning: str,
    *queries: Query,
    unit: str = "short",
    width: int = 8,
    stacked: bool = False,
    lines: Sequence[Shade] = (),
) -> timeseries.Panel:
    """Series over time; `lines` are drawn as thresholds."""
    panel = timeseries.Panel().title(title).description(meaning).unit(unit).min(0)
    panel.height(_HEIGHT).span(width).targets([*_targets(queries)])
    if stacked:
        panel.fill_opacity(30)
        panel.stacking(options.StackingConfig().mode(common.StackingMode.NORMAL))
    if lines:
        style = options.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        panel.thresholds(_thresholds(lines)).thresholds_style(style)
    return panel


def figure(
    title: str, meaning: str, expr: str, *, unit: str, shades: Sequence[Shade]
) -> stat.Panel:
    """One number, of the time shown or of a fixed one."""
    query = prometheus.Dataquery().expr(expr).instant().ref_id("A")
    panel = stat.Panel().title(title).description(meaning).unit(unit).decimals(2)
    return panel.height(_HEIGHT).span(4).with_target(query).thresholds(_thresholds(shades))


def states(
    title: str, meaning: str, query: Query, names: Mapping[str, tuple[str, str]]
) -> statetimeline.Panel:
    """Values as coloured bars over time; `names` gives the text and colour of each value."""
    panel = statetimeline.Panel().title(title).description(meaning)
    results = {
        value: models.ValueMappingResult(text=text, color=color, index=number)
        for number, (value, (text, color)) in enumerate(names.items())
    }
    panel.mappings([models.ValueMap(options=results)])
    return panel.height(_HEIGHT).span(12).targets([*_targets([query])])


def spread(title: str, meaning: str, expr: str, *, unit: str) -> heatmap.Panel:
    """How often each bucket of a histogram was met, over time."""
    query = prometheus.Dataquery().expr(expr).format(PromQueryFormat.HEATMAP)
    color = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(32)
    panel = heatmap.Panel().title(title).description(meaning).height(_HEIGHT).span(12)
    panel.color(color).y_axis(heatmap.YAxisConfig().unit(unit))
    return panel.with_target(query.legend_format("{{le}}").range().ref_id("A"))


def _targets(queries: Sequence[Query]) -> list[prometheus.Dataquery]:
    return [
        prometheus.Dataquery().expr(expr).legend_format(legend).range().ref_id(ref)
        for ref, (expr, legend) in zip("ABCDEFGH", queries, strict=False)
    ]


def _thresholds(shades: Sequence[Shade]) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value, color) for value, color in shades]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
