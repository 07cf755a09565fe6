import { Histogram, type MetricObjectWithValues, type MetricValueWithName } from 'prom-client';

type Labels = 'method' | 'route' | 'status';

interface Cell {
  /** One count a bucket, and one for what is above the last. */
  counts: number[];
  sum: number;
}

/**
 * The library's histogram of request durations, counted without it: its observe() makes, checks and joins the labels anew for
 * each request, which costs as much as a guard. Routes and methods are few and known; here they are three look-ups.
 */
export class RequestDurations extends Histogram<Labels> {
  private readonly cells = new Map<string, Map<string, (Cell | undefined)[]>>();
  private readonly metricName: string;
  private readonly description: string;

  /** @param bounds upper bounds of the buckets, ascending, seconds */
  constructor(
    name: string,
    help: string,
    private readonly bounds: readonly number[],
  ) {
    super({ name, help, labelNames: ['method', 'route', 'status'], buckets: [...bounds] });
    this.metricName = name;
    this.description = help;
  }

  count(method: string, route: string, status: number, seconds: number): void {
    const cell = this.cellOf(method, route, status);
    let bucket = 0;
    for (const bound of this.bounds) {
      if (seconds <= bound) break;
      bucket += 1;
    }
    cell.counts[bucket] = (cell.counts[bucket] ?? 0) + 1;
    cell.sum += seconds;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<Labels>>> {
    const values: MetricValueWithName<Labels>[] = [];
    for (const [route, methods] of this.cells) {
      for (const [method, statuses] of methods) {
        for (const [status, cell] of statuses.entries()) {
          if (cell !== undefined) values.push(...this.valuesOf(cell, { method, route, status }));
        }
      }
    }
    return {
      name: this.metricName,
      help: this.description,
      type: 'histogram' as never, // the library's enum exists in its types only
      aggregator: 'sum',
      collect: () => undefined,
      values,
    };
  }

  /** What the library's text format asks for when it is there. */
  getForPromString(): Promise<MetricObjectWithValues<MetricValueWithName<Labels>>> {
    return this.get();
  }

  /** The library's constructor calls it too, before there is anything to clear. */
  override reset(): void {
    super.reset();
    (this.cells as Map<string, unknown> | undefined)?.clear();
  }

  private cellOf(method: string, route: string, status: number): Cell {
    let methods = this.cells.get(route);
    if (methods === undefined) {
      methods = new Map();
      this.cells.set(route, methods);
    }
    let statuses = methods.get(method);
    if (statuses === undefined) {
      statuses = [];
      methods.set(method, statuses);
    }
    let cell = statuses[status];
    if (cell === undefined) {
      cell = { counts: [...this.bounds, Number.POSITIVE_INFINITY].map(() => 0), sum: 0 };
      statuses[status] = cell;
    }
    return cell;
  }

  private valuesOf(cell: Cell, labels: Record<Labels, string | number>): MetricValueWithName<Labels>[] {
    let below = 0;
    const buckets = [...this.bounds, Number.POSITIVE_INFINITY].map((bound, index) => {
      below += cell.counts[index] ?? 0;
      const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : bound;
      return { metricName: `${this.metricName}_bucket`, value: below, labels: { ...labels, le } };
    });
    return [
      ...buckets,
      { metricName: `${this.metricName}_sum`, value: cell.sum, labels },
      { metricName: `${this.metricName}_count`, value: below, labels },
    ];
  }
}
