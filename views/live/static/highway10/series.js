// The weekly series of one world as they come in frames, and what charts and numbers need of them.

export class Series {
  constructor(names, corridors) { this.names = names; this.corridorNames = corridors; this.empty(0); }

  empty(first) {
    this.first = first; this.length = 0; this.columns = this.names.map(() => []); this.sums = this.names.map(() => [0]);
    this.corridors = new Map();
  }

  add(frame) {
    if (frame.whole) this.empty(frame.week);
    const fits = frame.week === this.first + this.length;
    if (!fits) return false;
    for (const row of frame.rows) {
      row.forEach((value, i) => { this.columns[i].push(value); const sums = this.sums[i]; sums.push(sums[sums.length - 1] + value); });
      this.length += 1;
    }
    for (const [year, ...kg] of frame.corridors) this.corridors.set(year, kg);
    return true;
  }

  of(name) { return this.columns[this.names.indexOf(name)]; }

  // sum over the 52 weeks that end at row i; null in the first year
  year(name, i) {
    const sums = this.sums[this.names.indexOf(name)];
    return i < 51 ? null : sums[i + 1] - sums[i - 51];
  }

  last(name) { const column = this.of(name); return column.length ? column[column.length - 1] : null; }
  lastYear(name) { return this.length ? this.year(name, this.length - 1) : null; }
}
