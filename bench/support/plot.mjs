// Plots as SVG, drawn without a browser.
// A plot is { name, title, x, y, logarithmic?, series: [{ name, points: [[x, y], ...], colour, dashed }] }. x and y are the
// names of the axes; `logarithmic` is for the x axis; `colour` is a number from 0 to 2.

import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

/** Colours that colour-blind people can tell apart, and that differ in grey: Okabe and Ito, 2008. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73']
const SYMBOLS = ['circle', 'triangle', 'rect']
const EMPTY_SYMBOLS = ['emptyCircle', 'emptyTriangle', 'emptyRect']

const axis = (name) => ({
  name,
  nameLocation: 'middle',
  nameGap: 42,
  nameTextStyle: { color: '#222', fontSize: 14 },
  axisLabel: { color: '#222', fontSize: 13, formatter: (value) => value.toLocaleString('en-US') },
  axisLine: { show: true, lineStyle: { color: '#222' } },
  splitLine: { show: true, lineStyle: { color: '#ddd' } },
})

export function svgOf({ title, x, y, logarithmic = false, series }) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 440 })
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    textStyle: { fontFamily: 'sans-serif' },
    title: { text: title, left: 'center', top: 12, textStyle: { color: '#222', fontSize: 17, fontWeight: 'bold' } },
    legend: { top: 44, itemGap: 24, itemWidth: 44, textStyle: { color: '#222', fontSize: 13 } },
    grid: { left: 80, right: 36, top: 84, bottom: 68 },
    xAxis: { type: logarithmic ? 'log' : 'value', ...axis(x) },
    yAxis: { type: 'value', min: 0, ...axis(y), nameGap: 56 },
    series: series.map(({ name, points, colour, dashed }) => ({
      type: 'line',
      name,
      data: points,
      color: COLOURS[colour],
      symbol: (dashed ? EMPTY_SYMBOLS : SYMBOLS)[colour],
      symbolSize: 9,
      lineStyle: { width: 2.5, type: dashed ? 'dashed' : 'solid' },
    })),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
