"""The bundled runner: TensorFlow Lite Micro images, one per core class, that run any model as it is."""
