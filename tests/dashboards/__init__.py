"""The dashboards: what their file must be like, whether each chart finds data, and how they are uploaded."""
