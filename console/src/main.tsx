import { render } from "preact";

render(<main>Saiph</main>, document.getElementById("app")!);
