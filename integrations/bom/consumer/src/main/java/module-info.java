/** A service that scores with a model. */
module com.example.scoring {
  requires dev.inproc.inference.onnx; // brings dev.inproc.inference, the API, along
  requires jdk.httpserver;
}
