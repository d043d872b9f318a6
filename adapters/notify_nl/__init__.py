"""NotifyNL, which posts letters and sends text messages: what every channel needs of it."""
