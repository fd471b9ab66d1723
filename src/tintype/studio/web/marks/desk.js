export class MarkDesk {
  constructor(app) { this.app = app; }
  get elements() { return []; }
  resizeBy() {}
  goToDoubtful() {}
}
