"use strict";

// JSON.parse rounds integers above 2^53, and a balance can be one. Responses with such a number are shown unparsed.
const STRING_OR_LARGE_INTEGER = /"(?:[^"\\]|\\.)*"|-?\d{16,}/g;

const indented = (json) => {
  const quoted = json.replace(STRING_OR_LARGE_INTEGER, (part) => (part[0] === '"' ? part : `"\\u0000${part}"`));
  return JSON.stringify(JSON.parse(quoted), null, 2).replace(/"\\u0000(-?\d+)"/g, "$1");
};

const exactly = (props) => {
  try {
    const text = indented(props.content);
    const isRounded = text !== JSON.stringify(JSON.parse(props.content), null, 2);
    return isRounded ? { ...props, content: text, contentType: "text/plain" } : props;
  } catch {
    return props; // not JSON
  }
};

const ExactIntegers = () => ({
  wrapComponents: {
    responseBody: (ResponseBody, { React }) => (props) => React.createElement(ResponseBody, exactly(props)),
  },
});

SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.url,
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [ExactIntegers],
  layout: "BaseLayout",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
});
