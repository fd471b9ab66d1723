export class Saver { constructor(app) { this.app = app; } open() {} }
