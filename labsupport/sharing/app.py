"""La demo de un clasificador: un texto entra y sale la probabilidad de cada clase.

Es el ``app.py`` de un Space del Hub tal cual: necesita gradio, transformers y torch, y nada del
laboratorio. ``labsupport.sharing.write_space`` cambia solo las tres constantes.
"""

MODEL = "modelo"  # la carpeta del modelo o su id en el Hub
NAMES: dict[str, str] = {}  # cómo enseñar cada clase; sin él, como la llama el modelo
EXAMPLES: list[str] = []  # textos para probar con un clic
MOST = 5000  # letras que se miran de un texto, como mucho


def build_demo(model, examples=(), names=None):
    """Devuelve la demo, sin ponerla en marcha; ``demo.fn`` es la función que contesta."""
    import gradio as gr
    from transformers import pipeline

    classify = pipeline("text-classification", model=model, top_k=None)
    tokenizer, names = classify.tokenizer, names or {}
    limit = min(tokenizer.model_max_length, 512)  # algunos tokenizers no dicen el suyo

    def answer(text):
        text = (text or "").encode("utf-8", "ignore").decode()  # sin medias letras
        if not any(each.isprintable() and not each.isspace() for each in text):
            return None, "Escribe un texto y pulsa «Clasificar»."
        scores = classify([text[:MOST]], truncation=True, max_length=limit)[0]
        tokens = len(tokenizer(text[:MOST], verbose=False)["input_ids"])
        cut = tokens > limit or len(text) > MOST
        read = f"{min(tokens, limit)} tokens"
        note = f"El texto es largo: solo se leyó el principio ({read})." if cut else ""
        return {names.get(each["label"], each["label"]): each["score"] for each in scores}, note

    with gr.Blocks(title="Demo del clasificador", analytics_enabled=False) as demo:
        gr.Markdown("# ¿De qué clase es este texto?")
        text = gr.Textbox(label="Tu texto", lines=4, placeholder="Escribe o pega un texto")
        button = gr.Button("Clasificar", variant="primary")
        label = gr.Label(label="Probabilidad de cada clase")
        note = gr.Markdown()
        if examples:
            gr.Examples([[each] for each in examples], text, label="Ejemplos")
        gr.on([button.click, text.submit], answer, text, [label, note], api_name="clasificar")
    demo.fn = answer
    return demo


if __name__ == "__main__":
    build_demo(MODEL, EXAMPLES, NAMES).launch()
