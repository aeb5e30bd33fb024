"""The seven theorems about the model, and the engines that judge them."""
